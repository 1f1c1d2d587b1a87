-- DropForeignKey
ALTER TABLE "Bootstrap" DROP CONSTRAINT "Bootstrap_clusterId_fkey";

-- DropTable
DROP TABLE "Bootstrap";

-- CreateTable
CREATE TABLE "NodeProof" (
    "clusterId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "nodegroupId" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "addresses" TEXT NOT NULL DEFAULT '[]',
    "openedAt" TIMESTAMP(3) NOT NULL,
    "keyDigest" TEXT,
    "spentAt" TIMESTAMP(3),
    "contestedAt" TIMESTAMP(3),
    "closedAt" TIMESTAMP(3),
    "closedWhy" TEXT,

    CONSTRAINT "NodeProof_pkey" PRIMARY KEY ("clusterId","id")
);

-- CreateIndex
CREATE INDEX "NodeProof_closedAt_idx" ON "NodeProof"("closedAt");

-- AddForeignKey
ALTER TABLE "NodeProof" ADD CONSTRAINT "NodeProof_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;
