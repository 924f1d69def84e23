package operator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"readback/internal/ops"
)

// AccountLevel is a level for the lines about an account, in JSON.
type AccountLevel struct {
	Account string    `json:"account"`
	Level   string    `json:"level"`
	Until   time.Time `json:"until"`
}

// LogLevel is from which level on lines are logged, in JSON.
type LogLevel struct {
	Level      string         `json:"level"`
	Configured string         `json:"configured"`      // log.level, which holds after until
	Until      *time.Time     `json:"until,omitempty"` // missing if log.level holds
	Accounts   []AccountLevel `json:"accounts"`        // lines about them are shown from these levels on, too
}

// levelRequest is the body of PUT /v1/log/level.
type levelRequest struct {
	Level   string `json:"level"`
	Account string `json:"account"`
	For     string `json:"for"` // a duration such as 10m
}

// usualLogTime is how long a level holds if the request does not say.
const usualLogTime = 15 * time.Minute

// maxLevelRequest is more than a request needs, in octets.
const maxLevelRequest = 4 << 10

// levelExample is a body as it may be.
const levelExample = `{"level": "debug", "account": "bank", "for": "10m"}`

// LogLevelPage returns the page /v1/log/level about the log that settings returns; nil if that has no level. GET shows
// the levels, PUT sets one for a limited time, and DELETE ends what was set, for an account with ?account=.
func LogLevelPage(settings func() *ops.LogSettings) http.Handler {
	mux := http.NewServeMux()
	page := func(method string, change func(w http.ResponseWriter, r *http.Request, s *ops.LogSettings) (ok bool)) {
		mux.HandleFunc(method+" /v1/log/level", func(w http.ResponseWriter, r *http.Request) {
			s := settings()
			if s == nil {
				refuse(w, http.StatusConflict, problem{Detail: "the log of this gateway has no level", Hint: "readback serve has one"})
				return
			}
			if change(w, r, s) {
				answer(w, levelsJSON(s.Levels()))
			}
		})
	}
	page(http.MethodGet, func(http.ResponseWriter, *http.Request, *ops.LogSettings) bool { return true })
	page(http.MethodPut, setLevel)
	page(http.MethodDelete, func(_ http.ResponseWriter, r *http.Request, s *ops.LogSettings) bool {
		s.ResetLevels(r.URL.Query().Get("account"))
		return true
	})
	return mux
}

func setLevel(w http.ResponseWriter, r *http.Request, s *ops.LogSettings) bool {
	q, ok := readLevel(w, r)
	if !ok {
		return false
	}
	within := usualLogTime
	if q.For != "" {
		var err error
		if within, err = time.ParseDuration(q.For); err != nil {
			refuse(w, http.StatusBadRequest, problem{Field: "for", Detail: "for is no duration", Hint: "10m, or 1h30m; 24h at most"})
			return false
		}
	}
	if err := s.SetLevel(q.Account, q.Level, within); err != nil {
		refuse(w, http.StatusBadRequest, problem{Detail: err.Error(), Hint: levelExample + `; DELETE /v1/log/level ends what was set`})
		return false
	}
	return true
}

// readLevel returns the body of a request. It answers the request if the body is wrong.
func readLevel(w http.ResponseWriter, r *http.Request) (q levelRequest, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLevelRequest))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		refuse(w, http.StatusRequestTimeout, problem{Detail: "the body did not come in time", Hint: "send it whole, with its Content-Length"})
		return q, false
	}
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		err = cmp.Or(d.Decode(&q), atEnd(d))
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, problem{Detail: "the body is not such JSON: " + err.Error(), Hint: levelExample})
		return q, false
	}
	return q, true
}

// atEnd returns an error if there is something after what d has decoded.
func atEnd(d *json.Decoder) error {
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is something after it")
	}
	return nil
}

func levelsJSON(l ops.LogLevels) LogLevel {
	j := LogLevel{Level: l.Configured, Configured: l.Configured, Accounts: []AccountLevel{}}
	if l.General != nil {
		j.Level, j.Until = l.General.Level, moment(l.General.Until, time.Second)
	}
	for _, name := range slices.Sorted(maps.Keys(l.Accounts)) {
		t := l.Accounts[name]
		j.Accounts = append(j.Accounts, AccountLevel{name, t.Level, t.Until.Truncate(time.Second)})
	}
	return j
}
