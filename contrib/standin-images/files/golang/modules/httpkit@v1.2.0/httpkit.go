// Package httpkit has what each of a family of small HTTP services needs: JSON answers, a health check, a clean end.
package httpkit

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Check says what is wrong, or nil.
type Check func() error

// JSON writes value with the status.
func JSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("answer not written: %v", err)
	}
}

// Health answers 200 when all checks pass, else 503 with what fails.
func Health(service string, checks map[string]Check) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		status, faults := http.StatusOK, map[string]string{}
		for name, check := range checks {
			if err := check(); err != nil {
				status, faults[name] = http.StatusServiceUnavailable, err.Error()
			}
		}
		JSON(w, status, map[string]any{"service": service, "healthy": len(faults) == 0, "faults": faults})
	}
}

// Env is an environment variable or, where that is empty, a default.
func Env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// Serve listens until SIGINT or SIGTERM, then lets the requests under way end.
func Serve(address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("listening on %s", address)
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
		patience, done := context.WithTimeout(context.Background(), 5*time.Second)
		defer done()
		return server.Shutdown(patience)
	}
}
