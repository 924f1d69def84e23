package feedback

import (
	"bytes"
	"encoding/json"
)

// names are the fields of a feedback by which the queue knows it.
type names struct{ event, account, submitted string }

// namesIn returns the names in the JSON of a feedback as the index makes it, without decoding all of it. ok is
// false if the JSON is of another form, or has a name that is not written as it is.
func namesIn(body []byte) (n names, ok bool) {
	rest, has := bytes.CutPrefix(body, []byte(`{"event":"`))
	if !has || !json.Valid(body) {
		return n, false
	}
	event, rest, has := bytes.Cut(rest, []byte(`","account":"`))
	account, rest, more := bytes.Cut(rest, []byte(`","sender":"`))
	// The quotes within a text are escaped, so this is no text.
	_, rest, last := bytes.Cut(rest, []byte(`,"submitted_at":"`))
	submitted, _, end := bytes.Cut(rest, []byte(`"`))
	ok = has && more && last && end && isPlain(event) && isPlain(account) && isPlain(submitted)
	return names{string(event), string(account), string(submitted)}, ok
}

// isPlain reports whether a text of JSON is written as it is, and has the same octets in every charset.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c == '\\' || c == '"' || c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
