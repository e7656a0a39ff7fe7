// Answers one line for each element of the page with a grave finding of axe, by these rules.
//
// Contrasts take most of axe's time, and a site's texts look alike. So each look is checked once in a
// tab: colours, size and weight of a text, and every background it stands on.
async (rules) => {
    const GRAVE = ["serious", "critical"];
    const seen = new Set(JSON.parse(sessionStorage.getItem("looks") || "[]"));

    const backgrounds = new Map([[null, ""]]);
    const backgroundsOf = (element) => {
        if (!backgrounds.has(element)) {
            const { backgroundColor, backgroundImage, opacity, filter, position } = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity, filter, position].join();
            backgrounds.set(element, `${backgroundsOf(element.parentElement)}/${own}`);
        }
        return backgrounds.get(element);
    };
    const lookOf = (element) => {
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
        return [color, fontSize, fontWeight, textShadow, backgroundsOf(element)].join("|");
    };
    const isText = (element) => element.checkVisibility() && (element.matches("input, select, textarea")
        || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));

    const looks = new Map([...document.body.querySelectorAll("*")].filter(isText)
        .map((element) => [element, lookOf(element)]).filter(([, look]) => !seen.has(look)));
    if (rules.type === "rule" && !looks.size) return [];
    for (const element of looks.keys()) element.setAttribute("data-new-look", "");
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-new-look]" }] });
    const found = await axe.run(document, {
        runOnly: rules, resultTypes: ["violations", "incomplete"], elementRef: true, preload: false,
    });
    for (const element of looks.keys()) element.removeAttribute("data-new-look");
    // What cannot be told here, such as under another element, may be told on another page.
    for (const { id, nodes } of [...found.violations, ...found.incomplete]) {
        if (id === "color-contrast") nodes.forEach(({ element }) => looks.delete(element));
    }
    sessionStorage.setItem("looks", JSON.stringify([...seen, ...looks.values()]));

    return found.violations.filter(({ impact }) => GRAVE.includes(impact)).flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary, html }) =>
            `${id} at ${target}: ${failureSummary.split("\n").at(-1).trim()}: ${html.replace(/\s+/g, " ").slice(0, 200)}`));
}
