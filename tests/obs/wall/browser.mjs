// A browser on a leash: one JSON command per line on stdin, one JSON answer per line on stdout.
// It ends with its standard input. The packages are those of web/.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [, , chromium, web] = process.argv;
const require = createRequire(`${web}/package.json`);
const { chromium: driver } = require("playwright-core");
const browser = await driver.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
});

let context, page;
/** Everything the page asked for, said or was refused since it was opened. */
let seen;

const COMMANDS = {
  async open({ url, ...options }) {
    await context?.close();
    context = await browser.newContext({ serviceWorkers: "block", ...options });
    page = await context.newPage();
    seen = { requests: [], console: [], errors: [], navigations: 0 };
    page.on("request", (request) => seen.requests.push(request.url()));
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && seen.console.push(m.text()));
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("framenavigated", () => (seen.navigations += 1));
    await page.goto(url, { waitUntil: "load" });
  },
  evaluate: ({ script }) => page.evaluate(script),
  /**
   * Look again and again; the driver's own way to wait would need eval on the page. A page that is
   * left while it is looked at is looked at again once the next one is there.
   */
  async wait({ script, seconds }) {
    const end = Date.now() + seconds * 1000;
    const look = () =>
      page.evaluate(`!!(${script})`).catch((error) => {
        if (!String(error).includes("because of a navigation")) throw error;
      });
    while (!(await look())) {
      if (Date.now() > end) throw new Error(`not within ${seconds} s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
  click: ({ selector }) => page.click(selector).then(() => null),
  media: (options) => page.emulateMedia(options).then(() => null),
  screenshot: ({ path, full = false }) => page.screenshot({ path, fullPage: full }).then(() => null),
  reload: () => page.reload().then(() => null),
  seen: () => seen,
  async axe() {
    const source = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
    await page.evaluate(source);
    const { violations } = await page.evaluate("axe.run()");
    return violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      where: nodes.map((node) => `${node.target} ${node.failureSummary}`),
    }));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...options } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await COMMANDS[command](options)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
