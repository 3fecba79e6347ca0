package gnu

// What several reports say in GNU's words.
const (
	NoMatch      = "computed checksum did NOT match"
	BadLine      = "improperly formatted checksum line"
	NoLines      = "no properly formatted checksum lines found"
	NoneVerified = "no file was verified"
)
