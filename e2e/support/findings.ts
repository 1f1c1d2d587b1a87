// How a page looks to who sees it otherwise: wide and on a phone, in light and dark.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

const widths = [1280, 390];
const themes = ["light", "dark"];

/** One state of a page at both widths and in both themes; all findings, so that one run tells them all. */
export async function findings(page: Page, state: string): Promise<string[]> {
  const found: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    for (const theme of themes) {
      await page.evaluate((name) => {
        // As app/_lib/theme.ts does it.
        document.documentElement.className = name;
        document.documentElement.dataset["theme"] = name;
        document.documentElement.style.colorScheme = name;
      }, theme);
      const axe = new AxeBuilder({ page });
      // The other theme is the same document in other colours.
      if (theme !== themes[0]) axe.withRules(["color-contrast"]);
      const { violations } = await axe.analyze();
      const where = `${state}, ${theme}, ${width} px`;
      for (const { id, impact, nodes } of violations)
        if (impact === "serious" || impact === "critical")
          found.push(...nodes.map((node) => `${where}: ${id} at ${node.target.join(" ")}`));
      if (process.env["SCREENSHOTS"])
        await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/${where.replaceAll(/\W+/g, "-")}.png` });
    }
    const sideways = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (sideways > 0) found.push(`${state}, ${width} px: the page is ${sideways} px too wide`);
  }
  await page.setViewportSize({ width: widths[0] ?? 1280, height: 900 });
  return found;
}
