// Draws dashboards in one headless Chromium: node shoot.mjs BUNDLE CHROMIUM < jobs.json
//
// jobs: [{dashboard, prometheus, variables, now, span, png}]; answers one JSON line for each:
// {uid, empty: [titles], blank: [titles], errors: [texts], texts: {title: text}, colours: {title: colour}}.
import fs from 'node:fs';
import { chromium } from 'playwright-core';

const [bundle, executablePath] = process.argv.slice(2);
const script = fs.readFileSync(bundle, 'utf8');
const style = fs.readFileSync(bundle.replace(/js$/, 'css'), 'utf8');
const jobs = JSON.parse(fs.readFileSync(0, 'utf8'));
const HTML = '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/page.css"><div id="root"></div><script src="/page.js"></script>';
const FONT = '*{font-family:"Inter","Noto Sans","Noto Sans CJK SC","DejaVu Sans",sans-serif!important}body{margin:0}';

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'] });
const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
let prometheus, seen;
page.on('pageerror', (error) => seen.push(`page: ${error.message}`));
page.on('console', (message) => message.type() === 'error' && seen.push(`console: ${message.text()}`));
await page.route('http://render.invalid/**', async (route) => {
  const { pathname: path, search } = new URL(route.request().url());
  if (path.startsWith('/api/')) {
    const answer = await fetch(prometheus + path + search);
    return route.fulfill({ status: answer.status, contentType: 'application/json', body: await answer.text() });
  }
  if (path === '/') return route.fulfill({ contentType: 'text/html', body: HTML });
  if (path === '/page.js') return route.fulfill({ contentType: 'text/javascript', body: script });
  if (path === '/page.css') return route.fulfill({ contentType: 'text/css', body: style });
  return route.fulfill({ status: 204, body: '' }); // fonts and icons that a Grafana host would serve
});
seen = [];
await page.goto('http://render.invalid/');
await page.addStyleTag({ content: FONT });
await page.waitForFunction(() => window.__DRAW__, null, { timeout: 60000 });
for (const { png, ...asked } of jobs) {
  ({ prometheus } = asked);
  const drawn = await page.evaluate((given) => window.__DRAW__(given), asked);
  const found = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll('[data-panel]')];
    const behind = (box) =>
      [...box.querySelectorAll('[data-body] *')]
        .map((each) => getComputedStyle(each).backgroundColor)
        .find((colour) => colour !== 'rgba(0, 0, 0, 0)') ?? '';
    const text = (box) => box.querySelector('[data-body]').innerText;
    return {
      texts: Object.fromEntries(boxes.map((box) => [box.dataset.panel, text(box)])),
      colours: Object.fromEntries(boxes.map((box) => [box.dataset.panel, behind(box)])),
      blank: boxes.filter((box) => !text(box).trim() && !box.querySelector('canvas')).map((box) => box.dataset.panel),
    };
  });
  if (png) await page.screenshot({ path: png });
  console.log(JSON.stringify({ uid: asked.dashboard.uid, ...found, ...drawn, errors: [...drawn.errors, ...seen] }));
  seen = [];
}
await browser.close();
