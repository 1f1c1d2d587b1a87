// Values that only Heat knows (addresses, the signal's URL and token, volumes, the index) are written into the user
// data by Heat itself. They pass through two replacements: the first puts the values between markers of a quotation,
// the second turns markers, quotes and everything that a data URL or JSON gives a meaning into percent codes. Heat
// replaces each text once only, so no value can break out, not even `%3A` in a signal's URL.
import type { Hot } from "./hot.ts";
import type { HeatVariable } from "../kubernetes/node-env.ts";

/** What stands in the user data where heat.env goes; not a character that percent encoding leaves. */
export const heatEnvPlaceholder = "@@heat.env@@";

const quote = "\u0001";
const specials = [..."%\"'\\#&+/:;<=>?[]^`{|}@ ,!$()*\n\t\r"];
const encoded = (text: string) =>
  [...text].map((sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`).join("");

/** The HOT expression of a node's user data: `ignition` with heat.env from the given HOT values. */
export function heatUserData(userData: string, values: Partial<Record<HeatVariable, Hot>>): Hot {
  const names = Object.keys(values);
  const text = names.map((name) => `COE_${name}=${quote}@${name}@${quote}\n`).join("");
  const params = Object.fromEntries(Object.entries(values).map(([name, value]) => [`@${name}@`, value]));
  const codes = Object.fromEntries(specials.map((sign) => [sign, sign === "'" ? encoded(`'\\''`) : encoded(sign)]));
  return {
    str_replace: {
      template: userData,
      params: {
        [heatEnvPlaceholder]: {
          str_replace: {
            template: { str_replace: { template: text, params } },
            params: { ...codes, [quote]: encoded("'") },
          },
        },
      },
    },
  };
}
