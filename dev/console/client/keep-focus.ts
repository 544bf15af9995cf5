/** Keeps the focus of who uses the keyboard, though the page changes under it. */

const controls = "button, input, select, summary, [tabindex='0']";

/**
 * From now on the focus stays near: if what has it goes away, as a form that was sent or a person who was deleted, the next control
 * around its place gets it, and not the document's begin.
 */
export const keepFocus = (page: Element): void => {
  /** What has the focus, and what it is in, the innermost first. */
  let path: Element[] = [];

  page.addEventListener("focusin", ({ target }) => {
    path = [];
    for (let at = target instanceof Element ? target : null; at !== null && at !== page; at = at.parentElement)
      path.push(at);
  });
  page.addEventListener("focusout", ({ target }) => {
    // Browsers do not agree on whether what is being taken away is still there.
    queueMicrotask(() => {
      const hasLeft = document.activeElement === document.body;
      if (hasLeft && target instanceof Element && target.isConnected) path = [];
    });
  });
  new MutationObserver(() => {
    if (document.activeElement !== document.body || path[0]?.isConnected !== false) return;
    const next = path
      .filter(({ isConnected }) => isConnected)
      .map((around) => around.querySelector<HTMLElement>(controls))
      .find((control) => control !== null);
    path = [];
    next?.focus({ preventScroll: true });
  }).observe(page, { childList: true, subtree: true });
};
