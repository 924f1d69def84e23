package operator

import (
	"net/http"
	"strconv"
)

// cursorHint is what to do about a wrong cursor.
const cursorHint = "cursor is next of the page before; without it the list begins at its start"

// whole returns a number of the query; usual if it is missing. It answers the request if the number is wrong.
func whole(w http.ResponseWriter, r *http.Request, name string, usual, least, most uint64) (n uint64, ok bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return usual, true
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		hint := "without " + name + " it is " + strconv.FormatUint(usual, 10)
		if name == "cursor" {
			hint = cursorHint
		}
		refuse(w, http.StatusBadRequest, problem{
			Field: name, Detail: name + " is no whole number from " + strconv.FormatUint(least, 10) + " to " + strconv.FormatUint(most, 10), Hint: hint,
		})
		return 0, false
	}
	return n, true
}

// flag returns a value of the query that is true or false; false if it is missing. It answers the request if the value
// is another one.
func flag(w http.ResponseWriter, r *http.Request, name string) (on, ok bool) {
	switch text := r.URL.Query().Get(name); text {
	case "true", "false", "":
		return text == "true", true
	}
	refuse(w, http.StatusBadRequest, problem{Field: name, Detail: name + " is neither true nor false", Hint: "without " + name + " it is false"})
	return false, false
}
