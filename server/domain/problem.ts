// What is wrong with one input, as a whole sentence that names it.
import type { DomainError } from "./error.ts";

export interface Problem {
  /** Wire name of the input: `network_driver`, `labels.kube_tag`. "" = no single one. */
  field: string;
  message: string;
}

/** What a sentence about an input begins with. */
const subject = (field: string): string =>
  field.startsWith("labels.") ? `The label ${field.slice("labels.".length)}` : `The field ${field}`;

/** `words` end the sentence: "must be true or false". */
export const problem = (field: string, words: string): Problem => ({ field, message: `${subject(field)} ${words}.` });

/** A refusal as what is wrong with its input. */
export const problemOf = ({ message, details: { field = "" } }: DomainError): Problem => ({ field, message });
