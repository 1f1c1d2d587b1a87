-- CreateTable
CREATE TABLE "SignInCount" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "failures" INTEGER NOT NULL,
    "lastAt" DATETIME NOT NULL,
    "blockedUntil" DATETIME NOT NULL,
    "succeededAt" DATETIME
);

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Session" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "userName" TEXT NOT NULL,
    "domainId" TEXT NOT NULL,
    "domainName" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "tokens" TEXT NOT NULL,
    "lastProjectId" TEXT,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "usedAt" DATETIME,
    "projects" TEXT NOT NULL DEFAULT '[]',
    "projectsAt" DATETIME
);
INSERT INTO "new_Session" ("createdAt", "domainId", "domainName", "expiresAt", "id", "lastProjectId", "region", "tokens", "userId", "userName") SELECT "createdAt", "domainId", "domainName", "expiresAt", "id", "lastProjectId", "region", "tokens", "userId", "userName" FROM "Session";
DROP TABLE "Session";
ALTER TABLE "new_Session" RENAME TO "Session";
CREATE INDEX "Session_expiresAt_idx" ON "Session"("expiresAt");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE INDEX "SignInCount_lastAt_idx" ON "SignInCount"("lastAt");
