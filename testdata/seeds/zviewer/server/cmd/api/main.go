// The main server: sign-in and the health of the whole.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"kit.example/httpkit"
	"kit.example/migrate"
	"zviewer.example/server/internal/session"
)

func main() {
	steps, err := migrate.Load(httpkit.Env("MIGRATIONS", "./migrations"))
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("%d migrations known", len(steps))
	sessions := session.NewStore()
	mux := http.NewServeMux()
	mux.HandleFunc("/health", httpkit.Health("main-server", map[string]httpkit.Check{
		"migrations": func() error {
			if len(steps) == 0 {
				return fmt.Errorf("no migrations")
			}
			return nil
		},
	}))
	mux.HandleFunc("/api/auth/login", login(sessions))
	mux.HandleFunc("/api/auth/me", me(sessions))
	if err := httpkit.Serve(":"+httpkit.Env("SERVER_PORT", "8080"), mux); err != nil {
		log.Fatal(err)
	}
}

func login(sessions *session.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Name == "" {
			httpkit.JSON(w, http.StatusBadRequest, map[string]string{"error": "name is needed"})
			return
		}
		var token [16]byte
		if _, err := rand.Read(token[:]); err != nil {
			httpkit.JSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
			return
		}
		sessions.Put(hex.EncodeToString(token[:]), asked.Name)
		httpkit.JSON(w, http.StatusCreated, map[string]string{"token": hex.EncodeToString(token[:])})
	}
}

func me(sessions *session.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, known := sessions.Get(r.Header.Get("X-Token"))
		if !known {
			httpkit.JSON(w, http.StatusUnauthorized, map[string]string{"error": "not signed in"})
			return
		}
		httpkit.JSON(w, http.StatusOK, map[string]string{"name": name})
	}
}
