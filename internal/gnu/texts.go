package gnu

// GNU's messages that several reports use.
const (
	NoMatch      = "computed checksum did NOT match"
	NoLines      = "no properly formatted checksum lines found"
	NoneVerified = "no file was verified"
)

// BadLine is what a malformed line is, of a manifest with lines of one tag or of any, "".
func BadLine(tag string) string {
	if tag != "" {
		tag += " "
	}
	return "improperly formatted " + tag + "checksum line"
}
