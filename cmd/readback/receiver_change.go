package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/ops"
	"readback/relay/reads"
)

var errNotErased = errors.New("nothing is erased")

// knownTime returns nil for a time that is zero.
func knownTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// changeOptOut has a receiver opt out, or ends that.
func changeOptOut(cmd *cobra.Command, receiver string, out, asJSON bool) error {
	method := http.MethodDelete
	if out {
		method = http.MethodPut
	}
	return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
		text, err := gateway.Ask(ctx, method, "/v1/receivers/"+url.PathEscape(receiver)+"/optout", http.StatusOK)
		if err != nil {
			return err
		}
		if asJSON {
			say(cmd.OutOrStdout(), "%s\n", strings.TrimSpace(string(text)))
			return nil
		}
		var o reads.OptOut
		if err := json.Unmarshal(text, &o); err != nil {
			return fmt.Errorf("answer of the gateway: %w", err)
		}
		if o.Since == nil {
			say(cmd.OutOrStdout(), "%s: read responses are taken\n", receiver)
			return nil
		}
		say(cmd.OutOrStdout(), "%s: read responses are dropped since %s\n", receiver, timeOrDash(o.Since))
		return nil
	})
}

// eraseTime is how long an erasure may take: the files of the index are written anew.
const eraseTime = 5 * time.Minute

// erase takes out all that is known of a receiver. It asks again while the gateway says that it is not done yet.
func erase(cmd *cobra.Command, receiver string, yes, asJSON bool) error {
	if !yes && !confirmed(cmd, "Erase all that is known of "+receiver+", and what waits to be told about it?") {
		return errNotErased
	}
	gateway, err := openOps(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), eraseTime)
	defer cancel()
	for {
		again, err := eraseOnce(ctx, gateway, receiver)
		switch {
		case err == nil && asJSON:
			return sayJSON(cmd, map[string]any{"receiver": receiver, "erased": true})
		case err == nil:
			say(cmd.OutOrStdout(), "%s: erased\n", receiver)
			return nil
		case again == 0:
			return err
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

// eraseOnce asks for an erasure. again says after an error when to ask again; 0: never.
func eraseOnce(ctx context.Context, gateway *ops.Client, receiver string) (again time.Duration, err error) {
	resp, err := gateway.Do(ctx, http.MethodDelete, "/v1/receivers/"+url.PathEscape(receiver))
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusNoContent {
		return 0, nil
	}
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return 0, fmt.Errorf("gateway says %s: %w", resp.Status, err)
	}
	if seconds, e := strconv.Atoi(resp.Header.Get("Retry-After")); e == nil {
		again = time.Duration(max(1, seconds)) * time.Second
	}
	return again, fmt.Errorf("gateway says %s: %s", resp.Status, ops.Reason(resp, text))
}

// confirmed asks somebody, and reports whether the answer is yes.
func confirmed(cmd *cobra.Command, question string) bool {
	say(cmd.ErrOrStderr(), "%s Type yes: ", question)
	line, _ := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 100)).ReadString('\n') // without a line break it is the last one
	return strings.EqualFold(strings.TrimSpace(line), "yes")
}
