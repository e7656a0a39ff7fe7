// Answers one line for each element of the page with a grave finding of axe, by these rules.
//
// Contrasts take most of axe's time, and a site's texts look alike. So each look is checked once in a
// tab: colours, size and weight of a text, and every background it stands on. Where the contrast of
// the first such text cannot be told, as under another element, all texts of the page that look so
// are checked, and otherwise those of another page.
async (rules) => {
    const GRAVE = ["serious", "critical"];
    const COLOURS = { type: "rule", values: ["color-contrast"] };
    const seen = new Set(JSON.parse(sessionStorage.getItem("looks") || "[]"));

    const NOTHING = "rgba(0, 0, 0, 0),none,1,none,static";
    const backgrounds = new Map([[null, ""]]);
    const backgroundsOf = (element) => {
        if (!backgrounds.has(element)) {
            const { backgroundColor, backgroundImage, opacity, filter, position } = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity, filter, position].join();
            const behind = backgroundsOf(element.parentElement);
            backgrounds.set(element, own === NOTHING ? behind : `${behind}/${own}`);
        }
        return backgrounds.get(element);
    };
    const lookOf = (element) => {
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
        return [color, fontSize, fontWeight, textShadow, backgroundsOf(element)].join("|");
    };
    const isText = (element) => element.checkVisibility() && (element.matches("input, select, textarea")
        || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));

    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-new-look]" }] });
    const violations = [];
    // Notes what is found by these rules, by contrasts in these texts alone; answers which could not be told.
    const check = async (rules, texts) => {
        for (const element of texts) element.setAttribute("data-new-look", "");
        const found = await axe.run(document, {
            runOnly: rules, resultTypes: ["violations", "incomplete"], elementRef: true, preload: false,
        });
        for (const element of texts) element.removeAttribute("data-new-look");
        violations.push(...found.violations);
        const contrasts = (results) => results.filter(({ id }) => id === "color-contrast")
            .flatMap(({ nodes }) => nodes.map(({ element }) => element));
        const untold = contrasts(found.incomplete);
        const open = new Set([...untold, ...contrasts(found.violations)]);
        for (const element of texts) if (!open.has(element)) seen.add(looks.get(element));
        return untold;
    };

    const looks = new Map([...document.body.querySelectorAll("*")].filter(isText)
        .map((element) => [element, lookOf(element)]).filter(([, look]) => !seen.has(look)));
    if (rules.type === "rule" && !looks.size) return [];
    const firsts = new Map([...looks].reverse().map(([element, look]) => [look, element]));
    const untold = new Set((await check(rules, [...firsts.values()])).map((element) => looks.get(element)));
    const others = [...looks].filter(([element, look]) => untold.has(look) && firsts.get(look) !== element);
    if (others.length) await check(COLOURS, others.map(([element]) => element));
    sessionStorage.setItem("looks", JSON.stringify([...seen]));

    return violations.filter(({ impact }) => GRAVE.includes(impact)).flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary, html }) =>
            `${id} at ${target}: ${failureSummary.split("\n").at(-1).trim()}: ${html.replace(/\s+/g, " ").slice(0, 200)}`));
}
