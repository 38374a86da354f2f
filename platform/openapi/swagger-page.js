/**
 * What the page adds to Swagger UI, in the browser: it follows the color scheme, folds the responses
 * of failures, and accepts a token with or without its scheme. A module: it runs before `onload`.
 */
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("dark-mode", dark);

/** Failures look alike, and there are many: each is one line until somebody wants to read it. */
const folding = {
  wrapComponents: {
    response: (Response, { React }) =>
      function FoldedResponse(props) {
        const [isOpen, open] = React.useState(props.code.startsWith("2"));
        if (isOpen) return React.createElement(Response, props);
        const cell = (name, content, more) =>
          React.createElement("td", { className: `response-col_${name}`, ...more }, content);
        const button = React.createElement(
          "button",
          {
            type: "button",
            className: "folded",
            "aria-expanded": false,
            onClick: () => open(true),
          },
          withCode(React, props.response.get("description")),
        );
        return React.createElement(
          "tr",
          { className: "response", "data-code": props.code },
          cell("status", props.code),
          cell("description", button, { colSpan: 2 }),
        );
      },
  },
};

/** Shows what is between backticks as code. */
function withCode(React, text = "") {
  return text
    .split("`")
    .map((part, index) => (index % 2 ? React.createElement("code", { key: index }, part) : part));
}

/** In the dialog, people paste a token as they send it. */
function requestInterceptor(request) {
  const { Authorization: sent } = request.headers;
  if (sent) request.headers.Authorization = sent.replace(/^(?:bearer\s+)+/i, "Bearer ").trim();
  return request;
}

const original = window.SwaggerUIBundle;
window.SwaggerUIBundle = Object.assign(
  (options) => original({ ...options, requestInterceptor, plugins: [folding] }),
  original,
);
