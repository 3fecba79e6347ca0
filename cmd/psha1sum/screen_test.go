package main_test

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A screen is what a person sees of a terminal, and has seen: it scrolls up without
// end. It knows what terminals do with text, with \r, \n and ECMA-48's EL and ED, and
// that is all that it may be sent.
type screen struct {
	columns  int
	reflows  bool // it breaks rows that don't fit any more
	rows     [][]rune
	row, col int    // where the cursor is
	rest     string // the beginning of something
	strange  []string
}

func newScreen(columns int) *screen { return &screen{columns: columns, rows: make([][]rune, 1)} }

// resize cuts rows that are too long, as xterm does, or breaks them in several, as
// most others do. Then the cursor stays on its character.
func (s *screen) resize(columns int) {
	s.columns = columns
	if s.reflows {
		s.reflow()
	}
	for i := range s.rows {
		s.rows[i] = s.rows[i][:min(columns, len(s.rows[i]))]
	}
	s.col = min(s.col, columns-1)
}

// reflow breaks rows. It joins none again: what was drawn fits when it is.
func (s *screen) reflow() {
	var rows [][]rune
	row, col := 0, 0
	for i, old := range s.rows {
		if i == s.row {
			row, col = len(rows)+s.col/s.columns, s.col%s.columns
		}
		pieces := slices.Collect(slices.Chunk(old, s.columns))
		rows = append(rows, append(pieces, nil)[:max(len(pieces), 1)]...)
	}
	for len(rows) <= row {
		rows = append(rows, nil)
	}
	s.rows, s.row, s.col = rows, row, col
}

// show takes what is sent to the terminal.
func (s *screen) show(sent string) {
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
			s.rows[s.row] = s.rows[s.row][:min(s.col, len(s.rows[s.row]))]
			n = 3
		case strings.HasPrefix(s.rest, "\x1b[J"):
			s.rows = s.rows[:s.row+1]
			s.rows[s.row] = s.rows[s.row][:min(s.col, len(s.rows[s.row]))]
			n = 3
		case s.rest == "\x1b", s.rest == "\x1b[", !utf8.FullRuneInString(s.rest):
			return
		case !unicode.IsPrint(r) || r == utf8.RuneError:
			s.strange = append(s.strange, s.rest[:n])
		default:
			s.put(r)
		}
		s.rest = s.rest[n:]
	}
}

func (s *screen) lineFeed() {
	s.row++
	if s.row == len(s.rows) {
		s.rows = append(s.rows, nil)
	}
}

// put writes a character, in the next row if there is no room left in this one. A
// wide one has a zero beside it.
func (s *screen) put(r rune) {
	cells := []rune{r}
	if r >= 0x1100 { // as far as these tests have any
		cells = append(cells, 0)
	}
	if s.col+len(cells) > s.columns {
		s.col = 0
		s.lineFeed()
	}
	for _, c := range cells {
		for len(s.rows[s.row]) <= s.col {
			s.rows[s.row] = append(s.rows[s.row], ' ')
		}
		s.rows[s.row][s.col] = c
		s.col++
	}
}

// String is what there is, without blanks at the end of lines.
func (s *screen) String() string {
	var b strings.Builder
	for i, row := range s.rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(strings.ReplaceAll(string(row), "\x00", ""), " "))
	}
	return b.String()
}

// line is the row of the cursor.
func (s *screen) line() string {
	lines := strings.Split(s.String(), "\n")
	return lines[s.row]
}
