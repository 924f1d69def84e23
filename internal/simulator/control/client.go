package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Client calls the handler of NewHandler at URL, such as "http://127.0.0.1:9091". The "http://" may be missing.
type Client struct{ URL string }

// Handsets lists the numbers of the handsets.
func (c Client) Handsets(ctx context.Context) (out []string, err error) {
	return out, c.do(ctx, http.MethodGet, "/handsets", nil, &out)
}

// Messages returns the inbox of a handset, once n messages have arrived or half a
// minute has passed; it does not wait if n is zero.
func (c Client) Messages(ctx context.Context, msisdn string, n int) (out []InboxMessage, err error) {
	path := "/handsets/" + url.PathEscape(msisdn) + "/messages?wait=" + strconv.Itoa(n)
	return out, c.do(ctx, http.MethodGet, path, nil, &out)
}

// Open opens a message of a handset, or deletes it unread.
func (c Client) Open(ctx context.Context, msisdn string, index int, deleted bool) error {
	body := map[string]any{"index": index, "deleted": deleted}
	return c.do(ctx, http.MethodPost, "/handsets/"+url.PathEscape(msisdn)+"/open", body, nil)
}

// Status says how the SMSC is.
func (c Client) Status(ctx context.Context) (out Status, err error) {
	return out, c.do(ctx, http.MethodGet, "/status", nil, &out)
}

// Scenario returns the scenario that runs, with what its rules did.
func (c Client) Scenario(ctx context.Context) (out Scenario, err error) {
	return out, c.do(ctx, http.MethodGet, "/scenario", nil, &out)
}

// MO sends a message of a subscriber to an ESME, and returns what the ESME answers.
func (c Client) MO(ctx context.Context, m MO) (out MOAnswer, err error) {
	return out, c.do(ctx, http.MethodPost, "/mo", m, &out)
}

// Reset makes the SMSC forget what it has stored, and begins the scenario again.
func (c Client) Reset(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/reset", nil, nil)
}

// problemOf returns the error that an answer is.
func problemOf(method, path string, res *http.Response) error {
	var p Problem
	_ = json.NewDecoder(res.Body).Decode(&p) // the code says enough without
	text := fmt.Sprintf("%s %s: %s", method, path, res.Status)
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if p.Hint != "" {
		text += " (hint: " + p.Hint + ")"
	}
	return errors.New(text)
}

// do makes one request and reads its answer into out unless that is nil.
func (c Client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	base := strings.TrimSuffix(c.URL, "/")
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusBadRequest {
		return problemOf(method, path, res)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(out)
}
