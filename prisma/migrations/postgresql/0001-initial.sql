-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "ClusterTemplate" (
    "seq" SERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "nameFold" TEXT NOT NULL,
    "nameSort" TEXT NOT NULL,
    "coe" TEXT NOT NULL,
    "imageId" TEXT NOT NULL,
    "flavorId" TEXT,
    "masterFlavorId" TEXT,
    "keypairId" TEXT,
    "externalNetworkId" TEXT,
    "fixedNetwork" TEXT,
    "fixedSubnet" TEXT,
    "networkDriver" TEXT NOT NULL,
    "volumeDriver" TEXT,
    "dnsNameserver" TEXT,
    "apiserverPort" INTEGER,
    "dockerVolumeSizeGib" INTEGER,
    "dockerStorageDriver" TEXT,
    "clusterDistro" TEXT NOT NULL,
    "httpProxy" TEXT,
    "httpsProxy" TEXT,
    "noProxy" TEXT,
    "registryEnabled" BOOLEAN NOT NULL DEFAULT false,
    "insecureRegistry" TEXT,
    "labels" TEXT NOT NULL DEFAULT '{}',
    "tlsDisabled" BOOLEAN NOT NULL DEFAULT false,
    "public" BOOLEAN NOT NULL DEFAULT false,
    "hidden" BOOLEAN NOT NULL DEFAULT false,
    "serverType" TEXT NOT NULL DEFAULT 'vm',
    "masterLbEnabled" BOOLEAN NOT NULL DEFAULT false,
    "floatingIpEnabled" BOOLEAN NOT NULL DEFAULT true,
    "tags" TEXT,
    "driver" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3),

    CONSTRAINT "ClusterTemplate_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Cluster" (
    "seq" SERIAL NOT NULL,
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
    "statusSince" TIMESTAMP(3) NOT NULL,
    "failure" TEXT,
    "progressDone" INTEGER,
    "progressTotal" INTEGER,
    "progressNow" TEXT,
    "healthStatus" TEXT,
    "healthReason" TEXT NOT NULL DEFAULT '{}',
    "healthCheckedAt" TIMESTAMP(3),
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
    "pkiRevision" INTEGER NOT NULL DEFAULT 1,
    "deletionRequestedAt" TIMESTAMP(3),
    "deadlineAt" TIMESTAMP(3),
    "seenBackend" TEXT,
    "nextReconcileAt" TIMESTAMP(3) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "leaseOwner" TEXT,
    "leaseUntil" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3),

    CONSTRAINT "Cluster_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "NodeGroup" (
    "seq" SERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "isDefault" BOOLEAN NOT NULL,
    "nodeCount" INTEGER NOT NULL,
    "minNodeCount" INTEGER NOT NULL DEFAULT 0,
    "maxNodeCount" INTEGER,
    "flavorId" TEXT,
    "imageId" TEXT NOT NULL,
    "dockerVolumeSizeGib" INTEGER,
    "labels" TEXT NOT NULL DEFAULT '{}',
    "facts" TEXT NOT NULL,
    "nodesToRemove" TEXT NOT NULL DEFAULT '[]',
    "status" TEXT,
    "statusReason" TEXT,
    "stackId" TEXT,
    "version" TEXT,
    "nodeAddresses" TEXT NOT NULL DEFAULT '[]',
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3),

    CONSTRAINT "NodeGroup_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Node" (
    "serverId" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "nodegroupId" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "memberIndex" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "ready" BOOLEAN,
    "version" TEXT,
    "privateAddress" TEXT,
    "publicAddress" TEXT,
    "zone" TEXT,
    "flavorId" TEXT,
    "imageId" TEXT,
    "createdAt" TIMESTAMP(3),
    "seenAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Node_pkey" PRIMARY KEY ("serverId")
);

-- CreateTable
CREATE TABLE "CertificateAuthority" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "certPem" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "CertificateAuthority_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "IssuedCertificate" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "serial" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "caType" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "notBefore" TIMESTAMP(3) NOT NULL,
    "notAfter" TIMESTAMP(3) NOT NULL,
    "userId" TEXT NOT NULL,
    "userName" TEXT,
    "purpose" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "IssuedCertificate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Bootstrap" (
    "clusterId" TEXT NOT NULL,
    "serverId" TEXT NOT NULL,
    "grantedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Bootstrap_pkey" PRIMARY KEY ("clusterId","serverId")
);

-- CreateTable
CREATE TABLE "Credential" (
    "id" TEXT NOT NULL,
    "clusterId" TEXT,
    "projectId" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "trusteeName" TEXT NOT NULL,
    "trusteeUserId" TEXT,
    "trusteePassword" TEXT NOT NULL,
    "trustId" TEXT,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Credential_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Quota" (
    "id" SERIAL NOT NULL,
    "projectId" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "hardLimit" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3),

    CONSTRAINT "Quota_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Operation" (
    "seq" SERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "clusterName" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "userName" TEXT,
    "requestId" TEXT,
    "door" TEXT NOT NULL,
    "changes" TEXT NOT NULL DEFAULT '{}',
    "startedAt" TIMESTAMP(3) NOT NULL,
    "endedAt" TIMESTAMP(3),
    "outcome" TEXT NOT NULL,
    "reason" TEXT,

    CONSTRAINT "Operation_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "ClusterEvent" (
    "seq" SERIAL NOT NULL,
    "clusterId" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "operationId" TEXT,
    "at" TIMESTAMP(3) NOT NULL,
    "level" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "detail" TEXT,

    CONSTRAINT "ClusterEvent_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Change" (
    "seq" SERIAL NOT NULL,
    "projectId" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Change_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "userName" TEXT NOT NULL,
    "domainId" TEXT NOT NULL,
    "domainName" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "tokens" TEXT NOT NULL,
    "lastProjectId" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "IdempotencyKey" (
    "projectId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "IdempotencyKey_pkey" PRIMARY KEY ("projectId","key")
);

-- CreateTable
CREATE TABLE "Conductor" (
    "id" SERIAL NOT NULL,
    "host" TEXT NOT NULL,
    "reportCount" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Conductor_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "ClusterTemplate_id_key" ON "ClusterTemplate"("id");

-- CreateIndex
CREATE INDEX "ClusterTemplate_projectId_name_idx" ON "ClusterTemplate"("projectId", "name");

-- CreateIndex
CREATE INDEX "ClusterTemplate_public_hidden_idx" ON "ClusterTemplate"("public", "hidden");

-- CreateIndex
CREATE UNIQUE INDEX "Cluster_id_key" ON "Cluster"("id");

-- CreateIndex
CREATE INDEX "Cluster_projectId_region_status_idx" ON "Cluster"("projectId", "region", "status");

-- CreateIndex
CREATE INDEX "Cluster_projectId_name_idx" ON "Cluster"("projectId", "name");

-- CreateIndex
CREATE INDEX "Cluster_projectId_nameSort_idx" ON "Cluster"("projectId", "nameSort");

-- CreateIndex
CREATE INDEX "Cluster_nextReconcileAt_leaseUntil_idx" ON "Cluster"("nextReconcileAt", "leaseUntil");

-- CreateIndex
CREATE INDEX "Cluster_templateId_idx" ON "Cluster"("templateId");

-- CreateIndex
CREATE UNIQUE INDEX "NodeGroup_id_key" ON "NodeGroup"("id");

-- CreateIndex
CREATE INDEX "NodeGroup_projectId_clusterId_idx" ON "NodeGroup"("projectId", "clusterId");

-- CreateIndex
CREATE UNIQUE INDEX "NodeGroup_clusterId_name_key" ON "NodeGroup"("clusterId", "name");

-- CreateIndex
CREATE INDEX "Node_projectId_clusterId_idx" ON "Node"("projectId", "clusterId");

-- CreateIndex
CREATE INDEX "Node_clusterId_idx" ON "Node"("clusterId");

-- CreateIndex
CREATE UNIQUE INDEX "CertificateAuthority_clusterId_kind_revision_key" ON "CertificateAuthority"("clusterId", "kind", "revision");

-- CreateIndex
CREATE INDEX "IssuedCertificate_projectId_clusterId_createdAt_idx" ON "IssuedCertificate"("projectId", "clusterId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "Credential_clusterId_key" ON "Credential"("clusterId");

-- CreateIndex
CREATE INDEX "Credential_clusterId_createdAt_idx" ON "Credential"("clusterId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "Quota_projectId_resource_key" ON "Quota"("projectId", "resource");

-- CreateIndex
CREATE UNIQUE INDEX "Operation_id_key" ON "Operation"("id");

-- CreateIndex
CREATE INDEX "Operation_projectId_clusterId_startedAt_idx" ON "Operation"("projectId", "clusterId", "startedAt");

-- CreateIndex
CREATE INDEX "Operation_projectId_startedAt_idx" ON "Operation"("projectId", "startedAt");

-- CreateIndex
CREATE INDEX "ClusterEvent_projectId_clusterId_seq_idx" ON "ClusterEvent"("projectId", "clusterId", "seq");

-- CreateIndex
CREATE INDEX "Change_projectId_seq_idx" ON "Change"("projectId", "seq");

-- CreateIndex
CREATE INDEX "Change_at_idx" ON "Change"("at");

-- CreateIndex
CREATE INDEX "Session_expiresAt_idx" ON "Session"("expiresAt");

-- CreateIndex
CREATE INDEX "IdempotencyKey_createdAt_idx" ON "IdempotencyKey"("createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "Conductor_host_key" ON "Conductor"("host");

-- AddForeignKey
ALTER TABLE "Cluster" ADD CONSTRAINT "Cluster_templateId_fkey" FOREIGN KEY ("templateId") REFERENCES "ClusterTemplate"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NodeGroup" ADD CONSTRAINT "NodeGroup_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Node" ADD CONSTRAINT "Node_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Node" ADD CONSTRAINT "Node_nodegroupId_fkey" FOREIGN KEY ("nodegroupId") REFERENCES "NodeGroup"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CertificateAuthority" ADD CONSTRAINT "CertificateAuthority_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IssuedCertificate" ADD CONSTRAINT "IssuedCertificate_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Bootstrap" ADD CONSTRAINT "Bootstrap_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Credential" ADD CONSTRAINT "Credential_clusterId_fkey" FOREIGN KEY ("clusterId") REFERENCES "Cluster"("id") ON DELETE SET NULL ON UPDATE CASCADE;
