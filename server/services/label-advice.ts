import { labelFact, nearestLabel, secretLabels } from "../domain/label-catalog.ts";
import type { Labels } from "../domain/labels.ts";
import { problem, type Problem } from "../domain/problem.ts";

/** What the owner of labels should know; refusing them is the business of their types and of drivers. */
export const labelAdvice = (labels: Labels): Problem[] =>
  Object.keys(labels).flatMap((key) => {
    const field = `labels.${key}`;
    if (secretLabels.includes(key)) return [problem(field, "can be read by everybody in the project")];
    if (labelFact(key)) return [];
    const { message } = problem(field, "is not in the catalogue, so that nothing reads it");
    const near = nearestLabel(key);
    return [{ field, message: near === null ? message : `${message} Did you mean ${near}?` }];
  });
