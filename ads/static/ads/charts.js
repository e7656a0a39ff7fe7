// Draws <canvas data-chart="id"> from the JSON in <script type="application/json" id="id">; its shape
// is that of Chart in ads/admin/elements/charts.py. Chart.js comes with the theme.
"use strict";
{
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const format = (currency, more) => new Intl.NumberFormat("en-US", { style: "currency", currency, ...more });
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

    // The colour of a series is its number, or "others", "limit", "quiet"; see charts.css.
    const colourOf = (series, number) => colour(`--ads-chart-${series.colour || (number % 8) + 1}`);

    const dataset = (data, series, number) => {
        const isLine = series.line;
        const marked = new Set(series.marked);
        return {
            type: isLine ? "line" : "bar",
            label: series.name,
            data: series.values.map((value) => (value === null ? null : Number(value))),
            link: series.link,
            paint(dataset) {
                const own = colourOf(series, number);
                const each = series.values.map((_, index) => (marked.has(index) ? colour("--ads-chart-over") : own));
                dataset.borderColor = isLine ? own : colour("--ads-chart-ground");
                dataset.backgroundColor = dataset.hoverBackgroundColor = isLine ? own : each;
                dataset.hoverBorderColor = dataset.borderColor;
            },
            borderWidth: isLine ? 2 : { top: data.stacked ? 1 : 0, right: 0, bottom: 0, left: 0 },
            borderDash: series.dashed ? [6, 4] : [],
            pointStyle: isLine ? "line" : "rect",
            borderRadius: isLine ? 0 : 2,
            maxBarThickness: 36,
            pointRadius: isLine && series.values.length === 1 ? 3 : 0,
            pointHitRadius: 12,
            order: isLine ? 0 : 1,
            stack: isLine ? `line ${number}` : data.stacked ? "all" : `bar ${number}`,
        };
    };

    const options = (data, chartOf) => {
        const across = data.horizontal ? "y" : "x";
        const along = data.horizontal ? "x" : "y";
        const money = format(data.currency);
        const short = format(data.currency, { notation: "compact", maximumFractionDigits: 1 });
        return {
            indexAxis: across,
            responsive: true,
            maintainAspectRatio: false,
            animation: calm ? false : { duration: 300 },
            interaction: { mode: "index", axis: across, intersect: false },
            onClick(event) {
                const chart = chartOf();
                const [hit] = chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false);
                if (!hit) return;
                const link = data.links[hit.index] || chart.data.datasets[hit.datasetIndex].link;
                if (link) window.location = link;
            },
            scales: {
                [across]: {
                    stacked: data.stacked,
                    grid: { display: false },
                    ticks: { maxRotation: 0, autoSkipPadding: 12, autoSkip: !data.horizontal },
                },
                [along]: {
                    stacked: data.stacked,
                    beginAtZero: true,
                    border: { display: false },
                    ticks: { maxTicksLimit: 6, callback: (value) => short.format(value) },
                },
            },
            plugins: {
                legend: {
                    display: data.series.length > 1,
                    position: "bottom",
                    align: "start",
                    labels: { usePointStyle: true, boxWidth: 12, boxHeight: 12, padding: 12 },
                },
                tooltip: {
                    itemSort: data.stacked ? (one, other) => other.raw - one.raw : undefined,
                    filter: (item) => !data.stacked || item.raw,
                    callbacks: {
                        label: (item) => `${item.dataset.label}: ${money.format(item.raw)}`,
                        footer: (items) => (data.stacked && items.length > 1
                            ? `Together: ${money.format(items.reduce((sum, item) => sum + item.raw, 0))}`
                            : undefined),
                    },
                },
            },
        };
    };

    const paint = (chart) => {
        const text = getComputedStyle(chart.canvas).color;
        for (const dataset of chart.data.datasets) dataset.paint(dataset);
        for (const scale of Object.values(chart.options.scales)) {
            scale.ticks.color = text;
            scale.grid.color = colour("--ads-chart-grid");
        }
        chart.options.plugins.legend.labels.color = text;
    };

    const charts = [];

    const draw = (canvas) => {
        const source = document.getElementById(canvas.dataset.chart);
        if (!source || !window.Chart) return;
        const data = JSON.parse(source.textContent);
        canvas.dataset.drawn = "";
        // Hidden without scripts: the table has the same figures.
        canvas.parentElement.hidden = false;
        window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
        const chart = new window.Chart(canvas, {
            data: { labels: data.labels, datasets: data.series.map((series, number) => dataset(data, series, number)) },
            options: options(data, () => chart),
        });
        paint(chart);
        chart.update("none");
        charts.push(chart);
    };

    const drawAll = () => {
        for (const canvas of document.querySelectorAll("canvas[data-chart]:not([data-drawn])")) draw(canvas);
    };

    window.addEventListener("load", () => {
        drawAll();
        document.body.addEventListener("htmx:load", drawAll);
        // The theme is a class of the page, light or dark.
        new MutationObserver(() => {
            for (const chart of charts) {
                paint(chart);
                chart.update("none");
            }
        }).observe(document.documentElement, { attributeFilter: ["class"] });
    });
}
