-- CreateIndex
CREATE INDEX "Cluster_leaseUntil_projectId_idx" ON "Cluster"("leaseUntil", "projectId");
