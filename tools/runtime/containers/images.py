"""Which images to use: the public ones that .env names, or stand-ins where no image registry answers."""

from tools.runtime.containers import docker
from tools.runtime.native.layout import project_root

# Variable in .env, and the stand-in that infra/docker/standin/build.sh can build for it.
_STAND_INS = {"PYTHON_IMAGE": "python", "POSTGRES_IMAGE": "postgres", "RABBITMQ_IMAGE": "rabbitmq"}
_PREFIX = "stalkingalarm-standin"


def choose() -> dict[str, str]:
    """Choose what wins over .env: nothing if the public images can be had, else stand-ins, built if need be."""
    public = docker.read_env(project_root() / ".env")
    if all(_is_here(public[variable]) for variable in _STAND_INS):
        return {}
    if not all(_is_here(f"{_PREFIX}/{name}") for name in _STAND_INS.values()):
        if all(docker.succeeds("docker", "pull", "-q", public[variable]) for variable in _STAND_INS):
            return {}
        docker.run(str(project_root() / "infra/docker/standin/build.sh"), *_STAND_INS.values())
    return {variable: f"{_PREFIX}/{name}" for variable, name in _STAND_INS.items()}


def _is_here(image: str) -> bool:
    return docker.succeeds("docker", "image", "inspect", image)
