import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { aProject, aTemplate, testTime, writeCluster, writeTemplate } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import {
  deleteTemplate,
  findTemplateByName,
  getTemplate,
  insertTemplate,
  listTemplates,
  updateTemplate,
} from "./cluster-template.ts";
import { cloudScope, projectScope } from "./scope.ts";

const inProject = () => projectScope(aProject(), "RegionOne");

onEveryDatabase((database) => {
  it("gives back every field of a template as it was written", async () => {
    const scope = inProject();
    const template = aTemplate({
      projectId: scope.projectId,
      labels: { kube_tag: "v1.31.4", Ünïcode: "ja: 'x'" },
      apiserverPort: 6443,
      dockerVolumeSizeGib: 20,
      tags: "one,two",
    });
    await insertTemplate(database.db, scope, template);
    expect(await getTemplate(database.db, scope, template.id)).toEqual({ ...template, clusters: 0, mine: true });
  });

  it("lists own and public templates; hidden public ones only to their owners; administrators see all", async () => {
    const [mine, other] = [inProject(), inProject()];
    const prefix = `v${randomUUID().slice(0, 8)}`;
    const write = (scope: typeof mine, name: string, given = {}) =>
      writeTemplate(database.db, scope, { name: `${prefix}-${name}`, ...given });
    await write(mine, "private");
    await write(mine, "hidden", { hidden: true });
    await write(other, "theirs");
    await write(other, "public", { public: true });
    await write(other, "public-hidden", { public: true, hidden: true });
    const names = async (scope: Parameters<typeof listTemplates>[1]) =>
      (await listTemplates(database.db, scope, { q: prefix, size: 100 })).rows.map((row) =>
        row.name.slice(prefix.length + 1),
      );
    expect(await names(mine)).toEqual(["hidden", "private", "public"]);
    expect(await names(other)).toEqual(["public", "public-hidden", "theirs"]);
    expect(await names(cloudScope())).toEqual(["hidden", "private", "public", "public-hidden", "theirs"]);
  });

  it("does not give a stranger a private template, nor a change or deletion of a public one", async () => {
    const [mine, other] = [inProject(), inProject()];
    const secret = await writeTemplate(database.db, other);
    const shared = await writeTemplate(database.db, other, { public: true });
    await expect(getTemplate(database.db, mine, secret)).rejects.toMatchObject({ reason: "template_not_found" });
    expect(await getTemplate(database.db, mine, shared)).toMatchObject({ mine: false });
    await expect(updateTemplate(database.db, mine, shared, { name: "taken over" }, testTime)).rejects.toMatchObject({
      reason: "template_not_found",
    });
    await expect(deleteTemplate(database.db, mine, shared)).rejects.toMatchObject({ reason: "template_not_found" });
    expect((await getTemplate(database.db, other, shared)).name).toBe("k8s-small");
  });

  it("refuses to delete a template that a cluster uses, and counts its clusters of every project", async () => {
    const [mine, other] = [inProject(), inProject()];
    const id = await writeTemplate(database.db, mine, { public: true });
    await writeCluster(database.db, other, { cluster: { clusterTemplateId: id } });
    expect((await getTemplate(database.db, mine, id)).clusters).toBe(1);
    await expect(deleteTemplate(database.db, mine, id)).rejects.toMatchObject({ reason: "template_in_use" });
    const unused = await writeTemplate(database.db, mine);
    await deleteTemplate(database.db, mine, unused);
    await expect(getTemplate(database.db, mine, unused)).rejects.toMatchObject({ reason: "template_not_found" });
  });

  it("finds by exact name, and says when a name means several", async () => {
    const scope = inProject();
    const id = await writeTemplate(database.db, scope, { name: "Blue" });
    expect((await findTemplateByName(database.db, scope, "Blue")).id).toBe(id);
    await expect(findTemplateByName(database.db, scope, "blue")).rejects.toMatchObject({
      reason: "template_not_found",
    });
    await writeTemplate(database.db, scope, { name: "Blue" });
    await expect(findTemplateByName(database.db, scope, "Blue")).rejects.toMatchObject({
      reason: "template_ambiguous",
    });
  });

  it("changes only what is given", async () => {
    const scope = inProject();
    const id = await writeTemplate(database.db, scope, { labels: { a: "1" } });
    const before = await getTemplate(database.db, scope, id);
    const later = new Date(testTime.getTime() + 1000);
    await updateTemplate(database.db, scope, id, { name: "Renamed", flavorId: null }, later);
    expect(await getTemplate(database.db, scope, id)).toEqual({
      ...before,
      name: "Renamed",
      flavorId: null,
      updatedAt: later,
    });
    expect((await listTemplates(database.db, scope, { q: "rEnAm", size: 10 })).total).toBe(1);
  });
});
