"""The composition root: what the API processes and the workers of the alarm service are made of."""

from chassis.bootstrap.service import Service
from services.alarm.settings import AlarmSettings
from services.alarm.store.encrypted_columns import ENCRYPTED

ALARM = Service("alarm", AlarmSettings, ENCRYPTED)
