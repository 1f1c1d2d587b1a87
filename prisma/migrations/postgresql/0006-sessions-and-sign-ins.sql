-- AlterTable
ALTER TABLE "Session" ADD COLUMN     "projects" TEXT NOT NULL DEFAULT '[]',
ADD COLUMN     "projectsAt" TIMESTAMP(3),
ADD COLUMN     "usedAt" TIMESTAMP(3);

-- CreateTable
CREATE TABLE "SignInCount" (
    "key" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "lastAt" TIMESTAMP(3) NOT NULL,
    "blockedUntil" TIMESTAMP(3) NOT NULL,
    "succeededAt" TIMESTAMP(3),

    CONSTRAINT "SignInCount_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "SignInCount_lastAt_idx" ON "SignInCount"("lastAt");
