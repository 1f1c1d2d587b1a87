-- DropTable
PRAGMA foreign_keys=off;
DROP TABLE "Bootstrap";
PRAGMA foreign_keys=on;

-- CreateTable
CREATE TABLE "NodeProof" (
    "clusterId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "nodegroupId" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "addresses" TEXT NOT NULL DEFAULT '[]',
    "openedAt" DATETIME NOT NULL,
    "keyDigest" TEXT,
    "spentAt" DATETIME,
    "contestedAt" DATETIME,
    "closedAt" DATETIME,
    "closedWhy" TEXT,

    PRIMARY KEY ("clusterId", "id"),
    CONSTRAINT "NodeProof_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "NodeProof_closedAt_idx" ON "NodeProof"("closedAt");
