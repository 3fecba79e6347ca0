package gnu

// GNU's messages that several reports use.
const (
	NoMatch      = "computed checksum did NOT match"
	BadLine      = "improperly formatted checksum line"
	NoLines      = "no properly formatted checksum lines found"
	NoneVerified = "no file was verified"
)
