-- AlterTable
ALTER TABLE "Conductor" ADD COLUMN "disabledReason" TEXT;

-- CreateTable
CREATE TABLE "Installation" (
    "id" TEXT NOT NULL PRIMARY KEY DEFAULT 'this',
    "keyProof" TEXT NOT NULL,
    "probes" INTEGER NOT NULL DEFAULT 0
);
