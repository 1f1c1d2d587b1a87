-- AlterTable
ALTER TABLE "Conductor" ADD COLUMN     "disabledReason" TEXT;

-- CreateTable
CREATE TABLE "Installation" (
    "id" TEXT NOT NULL DEFAULT 'this',
    "keyProof" TEXT NOT NULL,
    "probes" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "Installation_pkey" PRIMARY KEY ("id")
);
