-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Outbox" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "eventId" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttemptAt" DATETIME NOT NULL,
    "lastError" TEXT
);
INSERT INTO "new_Outbox" ("attempts", "channel", "eventId", "lastError", "nextAttemptAt", "seq") SELECT "attempts", "channel", "eventId", "lastError", "nextAttemptAt", "seq" FROM "Outbox";
DROP TABLE "Outbox";
ALTER TABLE "new_Outbox" RENAME TO "Outbox";
CREATE INDEX "Outbox_channel_nextAttemptAt_idx" ON "Outbox"("channel", "nextAttemptAt");
CREATE INDEX "Outbox_channel_clusterId_seq_idx" ON "Outbox"("channel", "clusterId", "seq");
CREATE INDEX "Outbox_eventId_idx" ON "Outbox"("eventId");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
