package cli

import "strings"

// A ReportKind is a kind of report that --report can request.
type ReportKind struct {
	Name   string
	ToFile bool   // written to a file that the argument names: NAME:FILE
	Does   string // description in the help, after the name
	// StopsCommands means that, before anything is printed, the caller's runner must be
	// told to ignore commands in the output.
	StopsCommands bool
}

// Form returns the syntax of the argument.
func (k *ReportKind) Form() string {
	if k.ToFile {
		return k.Name + ":FILE"
	}
	return k.Name
}

// A ReportTo is a parsed argument of --report.
type ReportTo struct {
	ReportKind
	File string // if the kind is ToFile
}

// reportTo parses an argument of --report.
func (t Tool) reportTo(arg string) (to ReportTo, ok bool) {
	name, file, hasFile := strings.Cut(arg, ":")
	for _, kind := range t.Reports {
		if kind.Name == name && kind.ToFile == hasFile && hasFile == (file != "") {
			return ReportTo{kind, file}, true
		}
	}
	return to, false
}

// takesReport adds a report to the request.
func (r *Request) takesReport(t Tool) value {
	return func(arg string) error {
		to, ok := t.reportTo(arg)
		if !ok {
			var forms []string
			for _, kind := range t.Reports {
				forms = append(forms, kind.Form())
			}
			return invalidArgument("report", arg, forms)
		}
		r.Reports = append(r.Reports, to)
		return nil
	}
}

// reportHelp returns the description of --report.
func (t Tool) reportHelp() string {
	text, between := "report to a CI system as well:", " "
	for _, kind := range t.Reports {
		text += between + kind.Form() + " " + kind.Does
		between = ", "
	}
	return wrapped(text, helpWidth-helpColumn-len("  "), "\n")
}
