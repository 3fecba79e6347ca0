package clitest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Screen models a terminal's screen with unlimited scrollback. It supports text, \r, \n
// and ECMA-48's EL and ED, and rejects everything else.
type Screen struct {
	Columns  int
	Reflows  bool // wraps rows that no longer fit
	Rows     [][]rune
	row, col int    // position of the cursor
	rest     string // an incomplete sequence
	Strange  []string
}

// NewScreen returns an empty screen of the given width.
func NewScreen(columns int) *Screen { return &Screen{Columns: columns, Rows: make([][]rune, 1)} }

// Resize truncates rows that are too long, as xterm does, or wraps them, as most other
// terminals do. With wrapping, the cursor stays on its character.
func (s *Screen) Resize(columns int) {
	s.Columns = columns
	if s.Reflows {
		s.reflow()
	}
	for i := range s.Rows {
		s.Rows[i] = s.Rows[i][:min(columns, len(s.Rows[i]))]
	}
	s.col = min(s.col, columns-1)
}

// reflow wraps rows. It doesn't join rows, because what was drawn fitted at the time.
func (s *Screen) reflow() {
	var rows [][]rune
	row, col := 0, 0
	for i, old := range s.Rows {
		if i == s.row {
			row, col = len(rows)+s.col/s.Columns, s.col%s.Columns
		}
		pieces := slices.Collect(slices.Chunk(old, s.Columns))
		rows = append(rows, append(pieces, nil)[:max(len(pieces), 1)]...)
	}
	for len(rows) <= row {
		rows = append(rows, nil)
	}
	s.Rows, s.row, s.col = rows, row, col
}

// Show processes output sent to the terminal.
func (s *Screen) Show(sent string) {
	s.rest += sent
	for s.rest != "" {
		r, n := utf8.DecodeRuneInString(s.rest)
		switch {
		case r == '\r':
			s.col = 0
		case r == '\n':
			s.lineFeed()
		case r == 0:
		case strings.HasPrefix(s.rest, "\x1b[K"):
			s.Rows[s.row] = s.Rows[s.row][:min(s.col, len(s.Rows[s.row]))]
			n = 3
		case strings.HasPrefix(s.rest, "\x1b[J"):
			s.Rows = s.Rows[:s.row+1]
			s.Rows[s.row] = s.Rows[s.row][:min(s.col, len(s.Rows[s.row]))]
			n = 3
		case s.rest == "\x1b", s.rest == "\x1b[", !utf8.FullRuneInString(s.rest):
			return
		case !unicode.IsPrint(r) || r == utf8.RuneError:
			s.Strange = append(s.Strange, s.rest[:n])
		default:
			s.put(r)
		}
		s.rest = s.rest[n:]
	}
}

func (s *Screen) lineFeed() {
	s.row++
	if s.row == len(s.Rows) {
		s.Rows = append(s.Rows, nil)
	}
}

// put writes a character, in the next row if there is no room left in this one. A wide
// character is followed by a zero.
func (s *Screen) put(r rune) {
	cells := []rune{r}
	if r >= 0x1100 { // covers all wide characters in these tests
		cells = append(cells, 0)
	}
	if s.col+len(cells) > s.Columns {
		s.col = 0
		s.lineFeed()
	}
	for _, c := range cells {
		for len(s.Rows[s.row]) <= s.col {
			s.Rows[s.row] = append(s.Rows[s.row], ' ')
		}
		s.Rows[s.row][s.col] = c
		s.col++
	}
}

// String returns the text on the screen, without trailing blanks in each line.
func (s *Screen) String() string {
	var b strings.Builder
	for i, row := range s.Rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(strings.ReplaceAll(string(row), "\x00", ""), " "))
	}
	return b.String()
}

// Line returns the cursor's row.
func (s *Screen) Line() string {
	lines := strings.Split(s.String(), "\n")
	return lines[s.row]
}
