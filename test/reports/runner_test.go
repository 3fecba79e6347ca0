//go:build unix

package reports_test

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A runner is a model of how GitHub's runner interprets the lines that a step prints: how
// ActionCommand and ActionCommandManager of actions/runner find commands.
type runner struct {
	stopped  string // the token, if commands are stopped
	commands []command
}

// A command is one that the runner followed.
type command struct {
	name       string
	properties map[string]string
	data       string
}

// runnerCommands are the commands that it knows, in lower or upper case.
var runnerCommands = []string{
	"stop-commands", "set-env", "set-output", "save-state", "add-mask", "add-path", "add-matcher",
	"remove-matcher", "debug", "warning", "error", "notice", "group", "endgroup", "echo",
}

func newRunner() *runner { return &runner{} }

// lineEnd is where .NET's StreamReader.ReadLine ends lines.
var lineEnd = regexp.MustCompile("\r\n|\r|\n")

// lines processes a whole stream.
func (r *runner) lines(stream []byte) {
	for _, line := range lineEnd.Split(strings.ToValidUTF8(string(stream), "\ufffd"), -1) {
		r.line(line)
	}
}

// line processes a line of a stream.
func (r *runner) line(line string) {
	c, ok := r.parse(line)
	if !ok {
		c, ok = r.parseOld(line)
	}
	switch {
	case !ok:
	case r.stopped != "":
		if strings.EqualFold(c.name, r.stopped) {
			r.stopped = ""
		}
	case strings.EqualFold(c.name, "stop-commands"):
		r.stopped = c.data
	default:
		r.commands = append(r.commands, c)
	}
}

func (r *runner) knows(name string) bool {
	same := func(known string) bool { return strings.EqualFold(known, name) }
	return slices.ContainsFunc(runnerCommands, same) || r.stopped != "" && same(r.stopped)
}

// parse reads ::NAME KEY=VALUE,KEY=VALUE::DATA.
func (r *runner) parse(line string) (c command, ok bool) {
	line = strings.TrimLeftFunc(line, unicode.IsSpace)
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return c, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return c, false
	}
	return r.command(info, ",", data, propertyEscapes, dataEscapes)
}

// parseOld reads ##[NAME KEY=VALUE;KEY=VALUE]DATA, wherever it stands.
func (r *runner) parseOld(line string) (c command, ok bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return c, false
	}
	info, data, ok := strings.Cut(rest, "]")
	if !ok {
		return c, false
	}
	return r.command(info, ";", data, oldEscapes, oldEscapes)
}

// command puts a command together.
func (r *runner) command(info, separator, data string, inProperties, inData []string) (c command, ok bool) {
	name, properties, _ := strings.Cut(info, " ")
	if !r.knows(name) {
		return c, false
	}
	c = command{name: name, properties: map[string]string{}, data: unescapeAll(data, inData)}
	for property := range strings.SplitSeq(strings.TrimSpace(properties), separator) {
		if key, value, ok := strings.Cut(property, "="); ok && key != "" && value != "" {
			c.properties[key] = unescapeAll(value, inProperties)
		}
	}
	return c, true
}

// What the runner unescapes, one after the other, in this order.
var (
	dataEscapes     = []string{"%0D", "\r", "%0A", "\n", "%25", "%"}
	propertyEscapes = []string{"%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%"}
	oldEscapes      = []string{"%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%25", "%"}
)

func unescapeAll(text string, escapes []string) string {
	for pair := range slices.Chunk(escapes, 2) {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}
