package intake

import (
	"errors"
	"strings"
	"time"
)

// subjects is a Tokens: each token is the subscriber itself. A token with a blank is not valid.
type subjects struct{}

func (subjects) Subject(token string, _ time.Time) (string, error) {
	if strings.Contains(token, " ") {
		return "", errors.New("token is bad")
	}
	return token, nil
}
