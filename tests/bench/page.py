"""How fast a live page is, in a real browser: python -m tests.bench.page [--spec zoo:resnet50] [--moves N]

The time to the first paint, and from a slider's move to a page that is written and laid out anew, the median of many.
A machine that does other work besides makes both slower.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from tests.pictures.browser import Browser
from tests.pictures.pages import write_page

PAINT = """
new Promise((done) => {
  const look = () => {
    const [found] = performance.getEntriesByName("first-contentful-paint");
    if (found) done(found.startTime);
    else setTimeout(look, 20);
  };
  look();
})
"""

MOVE = """
(async () => {
  const slider = document.querySelector("#sizes input[type=range]");
  const times = [];
  for (let i = 0; i < MOVES; i += 1) {
    slider.value = Number(slider.min) + ((i * 37) % (Number(slider.max) - Number(slider.min)));
    await new Promise((done) => requestAnimationFrame(done));
    const start = performance.now();
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => requestAnimationFrame(() => {
      document.body.getBoundingClientRect();
      times.push(performance.now() - start);
      done();
    }));
  }
  return times;
})()
"""


def main() -> None:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spec", default="zoo:resnet50")
    parser.add_argument("--moves", type=int, default=60)
    asked = parser.parse_args()
    with Browser() as browser, tempfile.TemporaryDirectory() as folder:
        path = write_page(asked.spec, Path(folder))
        paints = []
        for _ in range(5):
            browser.open(path)
            paints.append(browser.run(PAINT))
        times = browser.run(MOVE.replace("MOVES", str(asked.moves)))
    print(f"{asked.spec}: {path.name} of {asked.moves} moves")
    print(f"first paint             {statistics.median(paints):8.0f} ms  below 1,000")
    print(f"a move, median          {statistics.median(times):8.1f} ms  below 50")
    print(f"a move, the slowest     {max(times):8.1f} ms")


if __name__ == "__main__":
    main()
