package console

import (
	"strconv"
	"time"

	"golang.org/x/text/width"
)

// A view is a snapshot of the progress: what is done, and the total as far as it is
// known. Totals are not trusted, since files grow, shrink and report wrong sizes.
type view struct {
	done, total     int64 // in bytes; total is a lower bound
	files, allFiles int64
	complete        bool // the totals are exact
	failed          int64
	took            time.Duration // since the start
	rate            float64
	name            string // of the file being read, quoted
}

// sure reports whether the total may be final.
func (v *view) sure() bool { return v.complete && v.total > 0 && v.done <= v.total }

// line returns a line for a terminal that is columns wide. The last column stays free,
// because some terminals start a new line there. If the line doesn't fit, parts are left
// out in this order: the name, the elapsed time, the number of files, the rate, the
// total, the time left, the failures.
func (v *view) line(columns int) string {
	room := columns - 1
	done, brief := v.progress()
	files, failed, rate, left := v.ofFiles(), failures(v.failed), formatBytes(v.rate)+"/s", v.left()
	for _, parts := range [][]string{
		{done, files, failed, rate, formatDuration(v.took) + " so far", left},
		{done, files, failed, rate, left},
		{done, failed, rate, left},
		{done, failed, left},
		{brief, failed, left},
		{brief, failed},
		{brief},
	} {
		if text := list(parts); len(text) <= room {
			if rest := room - len(text) - len(beforeName); v.name != "" && rest >= minName {
				text += beforeName + shorten(v.name, rest)
			}
			return text
		}
	}
	return ""
}

const (
	beforeName = "  "
	// minName is the minimum width of a shortened name.
	minName = 12
)

// list joins the parts that aren't empty with commas.
func list(parts []string) string {
	text := ""
	for _, part := range parts {
		if part != "" && text != "" {
			text += ", "
		}
		text += part
	}
	return text
}

// progress returns how many bytes have been read, in a long and a short form.
func (v *view) progress() (text, brief string) {
	done := formatBytes(float64(v.done))
	switch {
	case v.sure():
		// Rounded down, so that 100 % means done.
		percent := strconv.Itoa(int(float64(v.done)/float64(v.total)*100)) + " %"
		return done + " of " + formatBytes(float64(v.total)) + ", " + percent, percent
	case v.total > v.done:
		return done + " of more than " + formatBytes(float64(v.total)), done
	}
	return done, done
}

// ofFiles returns the number of files read, or "" if it is 0: with many files read in
// parallel, the first may take long to finish.
func (v *view) ofFiles() string {
	if v.files == 0 {
		return ""
	}
	n, text := v.files, ""
	if v.complete && v.files <= v.allFiles {
		n, text = v.allFiles, strconv.FormatInt(v.files, 10)+" of "
	}
	text += strconv.FormatInt(n, 10) + " file"
	if n != 1 {
		text += "s"
	}
	return text
}

// failures returns the number of failed files, or "" if it is 0.
func failures(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10) + " FAILED"
}

// left returns the estimated time left, or "" if it is unknown.
func (v *view) left() string {
	if !v.sure() || v.done == v.total || v.rate <= 0 {
		return ""
	}
	const tooLong = 100 * 24 * 60 * 60
	seconds := float64(v.total-v.done) / v.rate
	if seconds >= tooLong {
		return ""
	}
	return formatDuration(time.Duration(max(seconds, 1)*float64(time.Second))) + " left"
}

// formatBytes formats a number of bytes, as in "123.4 GB". Units are powers of 1000.
func formatBytes(n float64) string {
	const units = "kMGTPE"
	if n < 999.5 {
		return strconv.FormatFloat(n, 'f', 0, 64) + " B"
	}
	n /= 1000
	i := 0
	for ; n >= 999.95 && i < len(units)-1; i++ {
		n /= 1000
	}
	return strconv.FormatFloat(n, 'f', 1, 64) + " " + units[i:i+1] + "B"
}

// formatDuration formats a duration, as in "61 s", "1:40", "2:03:04" or "3 d 4 h".
func formatDuration(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 100:
		return strconv.FormatInt(s, 10) + " s"
	case s < 60*60:
		return strconv.FormatInt(s/60, 10) + ":" + twoDigits(s%60)
	case s < 24*60*60:
		return strconv.FormatInt(s/3600, 10) + ":" + twoDigits(s/60%60) + ":" + twoDigits(s%60)
	}
	return strconv.FormatInt(s/86400, 10) + " d " + strconv.FormatInt(s/3600%24, 10) + " h"
}

// conclusion describes a finished run. It has no rate if the run was too short to
// measure.
func conclusion(bytes int64, took time.Duration, failed int64) string {
	const least = 100 * time.Millisecond
	in, rate := formatDuration(took), formatBytes(float64(bytes)/took.Seconds())+"/s"
	switch {
	case took < least:
		in, rate = "less than 0.1 s", ""
	case took < 10*time.Second:
		in = strconv.FormatFloat(took.Truncate(least).Seconds(), 'f', 1, 64) + " s"
	}
	return list([]string{formatBytes(float64(bytes)) + " in " + in, rate, failures(failed)})
}

func twoDigits(n int64) string { return strconv.FormatInt(100+n, 10)[1:] }

// shorten replaces the middle of a name that is wider than columns. It keeps more of the
// end, where names differ.
func shorten(name string, columns int) string {
	const gap = "..."
	runes := []rune(name)
	whole := 0
	for _, r := range runes {
		whole += columnsFor(r)
	}
	if whole <= columns {
		return name
	}
	room := columns - len(gap)
	from, to := 0, len(runes)
	for left := room / 3; columnsFor(runes[from]) <= left; from++ {
		left -= columnsFor(runes[from])
		room -= columnsFor(runes[from])
	}
	for columnsFor(runes[to-1]) <= room {
		to--
		room -= columnsFor(runes[to])
	}
	return string(runes[:from]) + gap + string(runes[to:])
}

// columnsFor returns the maximum width of a character. Terminals differ; if one were
// wider than assumed, the rest of the line would wrap to a row that is not erased.
func columnsFor(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
		return 2
	}
	return 1
}

// A pace measures the recent reading rate.
type pace struct {
	marks []mark // the oldest first
}

// A mark is the number of bytes read at a given time since the start.
type mark struct {
	at    time.Duration
	bytes int64
}

const (
	markEvery = 500 * time.Millisecond
	maxMarks  = 20 // 10 seconds
)

// add records the number of bytes read so far.
func (p *pace) add(at time.Duration, bytes int64) {
	now := mark{at, bytes}
	if n := len(p.marks); n >= 2 && at-p.marks[n-2].at < markEvery {
		p.marks[n-1] = now
		return
	}
	p.marks = append(p.marks, now)
	if len(p.marks) > maxMarks {
		p.marks = p.marks[:copy(p.marks, p.marks[1:])]
	}
}

// rate returns the rate in bytes per second.
func (p *pace) rate() float64 {
	if len(p.marks) == 0 {
		return 0
	}
	first, last := p.marks[0], p.marks[len(p.marks)-1]
	if last.at <= first.at {
		return 0
	}
	return float64(last.bytes-first.bytes) / (last.at - first.at).Seconds()
}
