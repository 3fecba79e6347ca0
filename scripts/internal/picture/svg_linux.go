package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Measures of the picture, in pixels. Each line is stretched to the width of its
// columns, so that they are the same in whatever font there is.
const (
	charWidth  = 8.0
	lineHeight = 19
	margin     = 18
	titleBar   = 34
)

// The window is dark on light pages and on dark ones; the border sets it off from both.
const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" xml:space="preserve" role="img" aria-label="A terminal in which psha1sum runs">
<style>
text { font: 13.3px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; fill: #c9d1d9 }
.prompt { fill: #7ee787 }
.typed { fill: #ffffff; font-weight: 600 }
</style>
<rect x="0.5" y="0.5" width="%[3]d" height="%[4]d" rx="9" fill="#161b22" stroke="#6e7681" stroke-opacity="0.6"/>
<circle cx="20" cy="18" r="5.5" fill="#ff5f57"/>
<circle cx="39" cy="18" r="5.5" fill="#febc2e"/>
<circle cx="58" cy="18" r="5.5" fill="#28c840"/>
`

// writeSVG draws lines of a terminal. What was typed is brighter than what was printed.
func writeSVG(w io.Writer, columns int, lines []string) error {
	var b bytes.Buffer
	width := int(float64(columns)*charWidth) + 2*margin
	height := titleBar + len(lines)*lineHeight + margin
	fmt.Fprintf(&b, head, width, height, width-1, height-1)
	for i, line := range lines {
		y := titleBar + (i+1)*lineHeight - 5
		if typed, ok := strings.CutPrefix(line, prompt); ok {
			text(&b, "prompt", 0, y, strings.TrimSpace(prompt))
			text(&b, "typed", len(prompt), y, typed)
			continue
		}
		printed := strings.TrimLeft(line, " ")
		text(&b, "", len(line)-len(printed), y, printed)
	}
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// text draws a piece of a line, from a column on.
func text(b *bytes.Buffer, class string, column, y int, s string) {
	if s == "" {
		return
	}
	if class != "" {
		class = ` class="` + class + `"`
	}
	fmt.Fprintf(b, `<text%s x="%g" y="%d" textLength="%g">`, class,
		margin+float64(column)*charWidth, y, float64(utf8.RuneCountInString(s))*charWidth)
	xml.EscapeText(b, []byte(s))
	b.WriteString("</text>\n")
}
