-- AlterTable
ALTER TABLE "Cluster" ADD COLUMN     "maxBatch" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "pkiPhase" TEXT,
ADD COLUMN     "previous" TEXT;

-- AlterTable
ALTER TABLE "NodeGroup" ADD COLUMN     "nodeLabels" TEXT,
ADD COLUMN     "nodeTaints" TEXT;

-- AlterTable
ALTER TABLE "Credential" ADD COLUMN     "retiredFor" TEXT;

-- CreateTable
CREATE TABLE "AuditEvent" (
    "seq" SERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "clusterName" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "userId" TEXT,
    "userName" TEXT,
    "payload" TEXT NOT NULL,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Outbox" (
    "seq" SERIAL NOT NULL,
    "eventId" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttemptAt" TIMESTAMP(3) NOT NULL,
    "lastError" TEXT,

    CONSTRAINT "Outbox_pkey" PRIMARY KEY ("seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "AuditEvent_id_key" ON "AuditEvent"("id");

-- CreateIndex
CREATE INDEX "AuditEvent_projectId_clusterId_seq_idx" ON "AuditEvent"("projectId", "clusterId", "seq");

-- CreateIndex
CREATE INDEX "AuditEvent_projectId_seq_idx" ON "AuditEvent"("projectId", "seq");

-- CreateIndex
CREATE INDEX "AuditEvent_at_idx" ON "AuditEvent"("at");

-- CreateIndex
CREATE INDEX "Outbox_channel_nextAttemptAt_idx" ON "Outbox"("channel", "nextAttemptAt");

-- CreateIndex
CREATE INDEX "Cluster_projectId_seq_idx" ON "Cluster"("projectId", "seq");

-- CreateIndex
CREATE INDEX "Credential_retiredFor_idx" ON "Credential"("retiredFor");
