package cli

import "github.com/psha1sum/psha1sum/internal/gnu"

// conflict returns GNU's error for options that exclude each other. If there are several
// conflicts, it returns the first in this order.
func (r *Request) conflict() error {
	switch {
	case r.Tag && r.marker == markerText:
		return UsageError("--tag does not support --text mode")
	case r.Zero && r.Check:
		return UsageError("the --zero option is not supported when verifying checksums")
	case r.Tag && r.Check:
		return UsageError("the --tag option is meaningless when verifying checksums")
	case r.marker != markerUnset && r.Check:
		return UsageError("the --binary and --text options are meaningless when verifying checksums")
	case r.Check:
		return nil
	case r.IgnoreMissing:
		return onlyWhenVerifying("ignore-missing")
	case r.Status:
		return onlyWhenVerifying("status")
	case r.Warn:
		return onlyWhenVerifying("warn")
	case r.Quiet:
		return onlyWhenVerifying("quiet")
	case r.Strict:
		return onlyWhenVerifying("strict")
	}
	return nil
}

func onlyWhenVerifying(option string) error {
	return UsageError("the --" + option + " option is meaningful only when verifying checksums")
}

// extensionConflict returns the error for a misuse of our own options, worded like GNU's.
func (r *Request) extensionConflict() error {
	if r.Auto && !r.Check {
		return UsageError("the algorithm 'auto' is meaningful only when verifying checksums")
	}
	if len(r.Algorithms) > 1 && !r.Check && r.marker == markerText {
		return UsageError("several algorithms do not support --text mode")
	}
	if err := r.meaningless(); err != nil {
		return err
	}
	if r.JSON {
		if err := r.jsonConflict(); err != nil {
			return err
		}
	}
	if r.Force && r.Output == nil && len(r.Reports) == 0 {
		return UsageError("the --force option is meaningful only with --output or --report")
	}
	if len(r.Require) > 0 && !r.Check {
		return onlyWhenVerifying("require")
	}
	if r.flags.has("relative-to") && r.Directory != "" {
		return UsageError("the --relative-to and --directory options exclude each other")
	}
	if r.expect != nil && len(r.Operands) > 1 {
		return UsageError("extra operand " + gnu.QuoteArgument(r.Operands[1]))
	}
	if r.Files0From != nil && len(r.Operands) > 0 {
		return UsageError("extra operand " + gnu.QuoteArgument(r.Operands[0]) +
			"\nfile operands cannot be combined with --files0-from")
	}
	return nil
}

// jsonConflict returns the error for options that format GNU's lines when none are
// printed. With --check GNU's own checks have already rejected them.
func (r *Request) jsonConflict() error {
	for _, o := range []struct {
		set  bool
		name string
	}{
		{r.Tag, "tag"}, {r.Zero, "zero"}, {r.marker == markerBinary, "binary"}, {r.marker == markerText, "text"},
	} {
		if o.set {
			return UsageError("the --" + o.name + " and --json options exclude each other")
		}
	}
	return nil
}

// meaningless returns the error for one of our options that has no effect in combination
// with the others.
func (r *Request) meaningless() error {
	var turns [lastTurn + 1]error
	for i := range r.flags.options {
		o := &r.flags.options[i]
		if !o.extension || !r.flags.has(o.Name) {
			continue
		}
		if r.Check {
			turns[o.unlessHashing] = UsageError("the --" + o.Name + " option is meaningless when verifying checksums")
		} else {
			turns[o.unlessChecking] = onlyWhenVerifying(o.Name)
		}
		if !r.Recursive && r.Audit == nil {
			turns[o.unlessWalking] = UsageError("the --" + o.Name + " option is meaningful only with --recursive or --audit")
		}
		if r.expect != nil {
			turns[o.unlessListed] = UsageError("the --" + o.Name + " and --expect options exclude each other")
		}
	}
	for _, err := range turns[1:] {
		if err != nil {
			return err
		}
	}
	return nil
}
