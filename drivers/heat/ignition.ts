// Ignition 3.3.0 for Fedora CoreOS: how files and units reach the disk at first boot. No newer version: the validators
// in use refuse what they do not know.
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";

export interface NodeFile {
  path: string;
  /** Octal as in chmod, 0o600; written in decimal. */
  mode: number;
  /** Text, or a function of Heat whose placeholder stands here already in percent encoding. */
  content: string | { encoded: string };
  /** For what is long and without placeholders: packed by gzip. */
  compress?: boolean;
}

export interface NodeUnit {
  name: string;
  content: string;
  enabled: boolean;
}

/** Percent encoding of everything but letters, digits and `-_.~`, so that no part has a meaning in a data URL or in JSON. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

const noUpdates: NodeFile = {
  path: "/etc/zincati/config.d/90-coe-no-updates.toml",
  mode: 0o644,
  content: "[updates]\nenabled = false\n",
};

/** The user data. Nodes never update themselves: a new image is a new generation of nodes. */
export function renderIgnition(files: readonly NodeFile[], units: readonly NodeUnit[]): string {
  return JSON.stringify({
    ignition: { version: "3.3.0" },
    storage: {
      files: [...files, noUpdates].map((file) => ({
        path: file.path,
        mode: file.mode,
        overwrite: true,
        contents: contents(file),
      })),
    },
    systemd: {
      units: units.map((unit) => ({ name: unit.name, enabled: unit.enabled, contents: unit.content })),
    },
  });
}

function contents(file: NodeFile): { source: string; compression?: string } {
  if (typeof file.content !== "string") return { source: `data:,${file.content.encoded}` };
  if (!file.compress) return { source: `data:,${percentEncode(file.content)}` };
  const packed = gzipSync(file.content, { level: 9 });
  packed[9] = 255; // the "operating system" byte differs between platforms; the same input must give the same user data
  return { source: `data:;base64,${packed.toString("base64")}`, compression: "gzip" };
}

const Ignition = z.object({
  ignition: z.object({ version: z.literal("3.3.0") }),
  storage: z.object({
    files: z.array(
      z.object({
        path: z.string(),
        mode: z.number().optional(),
        contents: z.object({ source: z.string(), compression: z.string().optional() }),
      }),
    ),
  }),
});

/** One file of the user data, decoded as Ignition does it; undefined = no such file. Throws on what Ignition would refuse. */
export function readIgnitionFile(userData: string, path: string): string | undefined {
  const file = Ignition.parse(JSON.parse(userData)).storage.files.find((one) => one.path === path);
  if (!file) return undefined;
  const parts = /^data:([^,]*?)(;base64)?,(.*)$/s.exec(file.contents.source);
  if (!parts) throw new Error(`${path} is not a data URL`);
  const [, , base64, text = ""] = parts;
  const plain = decodeURIComponent(text);
  const bytes = base64 ? Buffer.from(plain, "base64") : Buffer.from(plain, "utf8");
  return (file.contents.compression === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
}
