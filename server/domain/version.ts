// Versions of a container engine as labels and images name them: `v1.31.4`, `1.31.4-rancher1`.

export interface Version {
  major: number;
  minor: number;
  patch: number;
}

/** Null for what is no version; what follows the patch level counts for nothing. */
export function parseVersion(text: string): Version | null {
  const match = /^v?(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?:[-+_].*)?$/.exec(text.trim());
  if (!match) return null;
  const [, major, minor, patch] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0) };
}

/** Below 0 when `a` is older. */
export const compareVersions = (a: Version, b: Version): number =>
  a.major - b.major || a.minor - b.minor || a.patch - b.patch;

/** How many minor releases `to` is ahead of `from`; infinite across major releases. */
export const minorsAhead = (from: Version, to: Version): number =>
  from.major === to.major ? to.minor - from.minor : (to.major - from.major) * Infinity;

/** How many minor releases nodes may be behind their control plane (Kubernetes' version skew policy). */
export const skewAllowed = (control: Version): number => (control.major > 1 || control.minor >= 28 ? 3 : 2);
