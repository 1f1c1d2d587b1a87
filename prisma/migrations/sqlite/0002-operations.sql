-- AlterTable
ALTER TABLE "NodeGroup" ADD COLUMN "nodeLabels" TEXT;
ALTER TABLE "NodeGroup" ADD COLUMN "nodeTaints" TEXT;

-- AlterTable
ALTER TABLE "Credential" ADD COLUMN "retiredFor" TEXT;

-- CreateTable
CREATE TABLE "AuditEvent" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "clusterName" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "userId" TEXT,
    "userName" TEXT,
    "payload" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Outbox" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "eventId" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttemptAt" DATETIME NOT NULL,
    "lastError" TEXT
);

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Cluster" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "id" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "userName" TEXT,
    "region" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "nameFold" TEXT NOT NULL,
    "nameSort" TEXT NOT NULL,
    "templateId" TEXT NOT NULL,
    "driver" TEXT NOT NULL,
    "coe" TEXT NOT NULL,
    "keypair" TEXT,
    "masterCount" INTEGER NOT NULL,
    "nodeCount" INTEGER NOT NULL,
    "masterFlavorId" TEXT,
    "flavorId" TEXT,
    "dockerVolumeSizeGib" INTEGER,
    "labels" TEXT NOT NULL DEFAULT '{}',
    "createTimeoutMinutes" INTEGER,
    "discoveryUrl" TEXT,
    "fixedNetwork" TEXT,
    "fixedSubnet" TEXT,
    "floatingIpEnabled" BOOLEAN NOT NULL,
    "masterLbEnabled" BOOLEAN NOT NULL,
    "tlsDisabled" BOOLEAN NOT NULL,
    "facts" TEXT NOT NULL,
    "locked" BOOLEAN NOT NULL DEFAULT false,
    "rollbackOnFailure" BOOLEAN NOT NULL DEFAULT false,
    "status" TEXT NOT NULL,
    "statusReason" TEXT,
    "statusSince" DATETIME NOT NULL,
    "failure" TEXT,
    "progressDone" INTEGER,
    "progressTotal" INTEGER,
    "progressNow" TEXT,
    "healthStatus" TEXT,
    "healthReason" TEXT NOT NULL DEFAULT '{}',
    "healthCheckedAt" DATETIME,
    "stackId" TEXT,
    "apiAddress" TEXT,
    "coeVersion" TEXT,
    "coeVersionSort" TEXT,
    "containerVersion" TEXT,
    "masterAddresses" TEXT NOT NULL DEFAULT '[]',
    "nodeAddresses" TEXT NOT NULL DEFAULT '[]',
    "readyMasters" INTEGER,
    "readyNodes" INTEGER,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "observedGeneration" INTEGER NOT NULL DEFAULT 0,
    "repair" BOOLEAN NOT NULL DEFAULT false,
    "maxBatch" INTEGER NOT NULL DEFAULT 1,
    "pkiRevision" INTEGER NOT NULL DEFAULT 1,
    "pkiPhase" TEXT,
    "previous" TEXT,
    "deletionRequestedAt" DATETIME,
    "deadlineAt" DATETIME,
    "seenBackend" TEXT,
    "nextReconcileAt" DATETIME NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "leaseOwner" TEXT,
    "leaseUntil" DATETIME,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME,
    CONSTRAINT "Cluster_templateId_fkey" FOREIGN KEY ("templateId") REFERENCES "ClusterTemplate" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "new_Cluster" ("apiAddress", "coe", "coeVersion", "coeVersionSort", "containerVersion", "createTimeoutMinutes", "createdAt", "deadlineAt", "deletionRequestedAt", "discoveryUrl", "dockerVolumeSizeGib", "driver", "facts", "failure", "failures", "fixedNetwork", "fixedSubnet", "flavorId", "floatingIpEnabled", "generation", "healthCheckedAt", "healthReason", "healthStatus", "id", "keypair", "labels", "leaseOwner", "leaseUntil", "locked", "masterAddresses", "masterCount", "masterFlavorId", "masterLbEnabled", "name", "nameFold", "nameSort", "nextReconcileAt", "nodeAddresses", "nodeCount", "observedGeneration", "pkiRevision", "progressDone", "progressNow", "progressTotal", "projectId", "readyMasters", "readyNodes", "region", "repair", "rollbackOnFailure", "seenBackend", "seq", "stackId", "status", "statusReason", "statusSince", "templateId", "tlsDisabled", "updatedAt", "userId", "userName") SELECT "apiAddress", "coe", "coeVersion", "coeVersionSort", "containerVersion", "createTimeoutMinutes", "createdAt", "deadlineAt", "deletionRequestedAt", "discoveryUrl", "dockerVolumeSizeGib", "driver", "facts", "failure", "failures", "fixedNetwork", "fixedSubnet", "flavorId", "floatingIpEnabled", "generation", "healthCheckedAt", "healthReason", "healthStatus", "id", "keypair", "labels", "leaseOwner", "leaseUntil", "locked", "masterAddresses", "masterCount", "masterFlavorId", "masterLbEnabled", "name", "nameFold", "nameSort", "nextReconcileAt", "nodeAddresses", "nodeCount", "observedGeneration", "pkiRevision", "progressDone", "progressNow", "progressTotal", "projectId", "readyMasters", "readyNodes", "region", "repair", "rollbackOnFailure", "seenBackend", "seq", "stackId", "status", "statusReason", "statusSince", "templateId", "tlsDisabled", "updatedAt", "userId", "userName" FROM "Cluster";
DROP TABLE "Cluster";
ALTER TABLE "new_Cluster" RENAME TO "Cluster";
CREATE UNIQUE INDEX "Cluster_id_key" ON "Cluster"("id");
CREATE INDEX "Cluster_projectId_region_status_idx" ON "Cluster"("projectId", "region", "status");
CREATE INDEX "Cluster_projectId_seq_idx" ON "Cluster"("projectId", "seq");
CREATE INDEX "Cluster_projectId_name_idx" ON "Cluster"("projectId", "name");
CREATE INDEX "Cluster_projectId_nameSort_idx" ON "Cluster"("projectId", "nameSort");
CREATE INDEX "Cluster_nextReconcileAt_leaseUntil_idx" ON "Cluster"("nextReconcileAt", "leaseUntil");
CREATE INDEX "Cluster_templateId_idx" ON "Cluster"("templateId");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

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
CREATE INDEX "Credential_retiredFor_idx" ON "Credential"("retiredFor");
