import { describe, expect, it } from "vitest";
import { labelsToText, textToLabels } from "./label-text";

describe("labels as text", () => {
  it("come back byte for byte, whatever their values hold", () => {
    const rows = [
      { key: "kube_tag", value: "v1.32.4" },
      { key: "master_lb_allowed_cidrs", value: "192.0.2.0/24,2001:db8::/32" },
      { key: "kubelet_options", value: "--a=B --c=d,e" },
      { key: "empty", value: "" },
      { key: "blanks", value: "  both ends  " },
      { key: "lines", value: 'first\nsecond "quoted"\r\n' },
      { key: "quote", value: '"so"' },
    ];
    expect(textToLabels(labelsToText(rows))).toEqual({ rows, problem: null });
  });

  it("are understood from a command line, with commas inside of values", () => {
    expect(textToLabels("--labels a=b,cidrs=10.0.0.0/8,10.1.0.0/16,c=D=E --labels z=1").rows).toEqual([
      { key: "a", value: "b" },
      { key: "cidrs", value: "10.0.0.0/8,10.1.0.0/16" },
      { key: "c", value: "D=E" },
      { key: "z", value: "1" },
    ]);
  });

  it("are understood from JSON", () => {
    expect(textToLabels('{"a": "b", "n": 3}').rows).toEqual([
      { key: "a", value: "b" },
      { key: "n", value: "3" },
    ]);
  });

  it("name the line that is no label, and a key that is given twice", () => {
    expect(textToLabels("a=b\nnonsense").problem).toBe("Line 2 is not of the form key=value.");
    expect(textToLabels("a=b\na=c").problem).toBe("a is given twice.");
  });
});
