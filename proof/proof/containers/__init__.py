"""The containers of docker-compose.yml: killed, restarted and replaced under load."""
