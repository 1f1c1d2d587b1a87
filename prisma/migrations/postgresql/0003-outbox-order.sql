-- AlterTable
ALTER TABLE "Outbox" ADD COLUMN     "clusterId" TEXT NOT NULL;

-- CreateIndex
CREATE INDEX "Outbox_channel_clusterId_seq_idx" ON "Outbox"("channel", "clusterId", "seq");

-- CreateIndex
CREATE INDEX "Outbox_eventId_idx" ON "Outbox"("eventId");
