package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"readback/internal/ops"
)

// pageSize is how many items the commands ask for at a time.
const pageSize = "1000"

// eachPage asks a running gateway for one page of a list after the other. It passes each answer to take, which
// returns the cursor of the next page, or nothing at the end.
func eachPage(cmd *cobra.Command, path string, query url.Values, take func(answer []byte) (next string, err error)) error {
	gateway, err := openOps(cmd)
	if err != nil {
		return err
	}
	return eachPageOf(cmd.Context(), gateway, http.MethodGet, path, query, take)
}

// eachPageOf is eachPage with another method, of a gateway that is open.
func eachPageOf(ctx context.Context, gateway *ops.Client, method, path string, query url.Values, take func(answer []byte) (next string, err error)) error {
	query.Set("limit", pageSize)
	for {
		one, cancel := context.WithTimeout(ctx, askTime)
		answer, err := gateway.Ask(one, method, path+"?"+query.Encode(), http.StatusOK)
		cancel()
		if err != nil {
			return err
		}
		cursor, err := take(answer)
		if err != nil || cursor == "" {
			return err
		}
		query.Set("cursor", cursor)
	}
}

// eachItem asks a running gateway for all pages of a list, and calls f with each item. A page has its items and the
// cursor of the next one.
func eachItem[P, T any](cmd *cobra.Command, path string, query url.Values, items func(*P) (all []T, next string), f func(T) error) error {
	return eachPage(cmd, path, query, func(answer []byte) (string, error) {
		page := new(P)
		if err := json.Unmarshal(answer, page); err != nil {
			return "", fmt.Errorf("answer of the gateway: %w", err)
		}
		all, next := items(page)
		for _, one := range all {
			if err := f(one); err != nil {
				return "", err
			}
		}
		return next, nil
	})
}
