package console

import (
	"encoding/json"
	"net/http"
	"strings"
)

// visit is a request for a page, and the language of its sender.
type visit struct {
	c    *Console
	r    *http.Request
	lang *language
}

func (c *Console) visit(r *http.Request) *visit { return &visit{c: c, r: r, lang: languageOf(r)} }

// problem is why a page cannot be shown, as the API says it.
type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Error  string `json:"error"` // as the pages about receivers have it
	Hint   string `json:"hint"`
	Field  string `json:"field"`
}

// Text returns what went wrong.
func (p *problem) Text() string {
	switch {
	case p.Detail != "":
		return p.Detail
	case p.Error != "" && p.Field != "":
		return p.Field + " " + p.Error
	case p.Error != "":
		return p.Error
	}
	return http.StatusText(p.Status)
}

// statusOf returns the status of an answer.
func statusOf(p *problem) int {
	if p == nil {
		return http.StatusOK
	}
	return p.Status
}

// get asks the API for what a page shows.
func get[T any](v *visit, target string) (answer T, p *problem) {
	status, body := v.c.opt.Ops.Ask(v.r, http.MethodGet, target)
	if status != http.StatusOK {
		return answer, problemOf(status, body)
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, &problem{Status: http.StatusInternalServerError, Detail: err.Error()}
	}
	return answer, nil
}

// problemOf returns what an answer of the API says about an error.
func problemOf(status int, body []byte) *problem {
	p := new(problem)
	if json.Unmarshal(body, p) != nil {
		p.Detail = strings.TrimSpace(string(body))
	}
	p.Status = status
	return p
}
