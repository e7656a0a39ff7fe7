// A button with data-copy puts the text of the element it names on the clipboard. Where the browser
// does not let it (a page without TLS), the text is selected instead.
document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const shown = document.getElementById(button.dataset.copy);
    try {
        await navigator.clipboard.writeText(shown.textContent);
        button.textContent = "Copied";
    } catch {
        getSelection().selectAllChildren(shown);
        button.textContent = "Selected: copy it";
    }
});
