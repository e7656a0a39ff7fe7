// Opens the form on the page of a campaign or a brand when #edit is asked for.
"use strict";
{
    const open = () => {
        const form = document.querySelector("details.ads-edit");
        if (window.location.hash !== "#edit" || !form) return;
        form.open = true;
        document.getElementById("edit").scrollIntoView();
    };
    window.addEventListener("load", open);
    window.addEventListener("hashchange", open);
    document.addEventListener("click", (event) => {
        if (event.target.closest("a[href='#edit']")) setTimeout(open);
    });
}
