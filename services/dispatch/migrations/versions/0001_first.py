"""First schema of dispatch."""

import sqlalchemy as sa

from alembic import op
from sqlalchemy.dialects import postgresql

import chassis.database.columns

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table('cards',
    sa.Column('enrolment_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('enrolment_id')
    )
    op.create_table('control_rooms',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('policy', sa.String(), nullable=False),
    sa.Column('amqp', sa.Boolean(), nullable=False),
    sa.Column('webhook_url', sa.String(), nullable=True),
    sa.Column('webhook_secret', sa.LargeBinary(), nullable=True),
    sa.Column('announced', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('devices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('enrolment_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_devices_enrolment_id'), 'devices', ['enrolment_id'], unique=False)
    op.create_table('due',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.String(), nullable=False),
    sa.Column('due_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_due_due_at'), 'due', ['due_at'], unique=False)
    op.create_index(op.f('ix_due_kind'), 'due', ['kind'], unique=False)
    op.create_index(op.f('ix_due_subject_id'), 'due', ['subject_id'], unique=False)
    op.create_table('enrolments',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('managing_zone_id', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('changed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('inbox',
    sa.Column('queue', sa.String(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('handled_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('queue', 'event_id')
    )
    op.create_index(op.f('ix_inbox_handled_at'), 'inbox', ['handled_at'], unique=False)
    op.create_table('incidents',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('device_id', sa.String(), nullable=False),
    sa.Column('enrolment_id', sa.Uuid(), nullable=True),
    sa.Column('lane', sa.String(), nullable=False),
    sa.Column('cic_id', sa.String(), nullable=False),
    sa.Column('also_cics', chassis.database.columns.Json(astext_type=sa.Text()), nullable=False),
    sa.Column('zone_id', sa.String(), nullable=True),
    sa.Column('border_zones', chassis.database.columns.Json(astext_type=sa.Text()), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('flags', chassis.database.columns.Json(astext_type=sa.Text()), nullable=False),
    sa.Column('urgency', sa.Integer(), nullable=False),
    sa.Column('presses', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('raised_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('deadline_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('routed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_press_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('displayed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by', sa.String(), nullable=True),
    sa.Column('escalation', sa.String(), nullable=True),
    sa.Column('fix', sa.LargeBinary(), nullable=True),
    sa.Column('fix_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('cancel', sa.String(), nullable=True),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.Column('closed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('traceparent', sa.String(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('changed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('incidents_one_open', 'incidents', ['subject'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_index('incidents_open_by_room', 'incidents', ['cic_id'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index(op.f('ix_incidents_changed_at'), 'incidents', ['changed_at'], unique=False)
    op.create_index(op.f('ix_incidents_enrolment_id'), 'incidents', ['enrolment_id'], unique=False)
    op.create_table('maps',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('geojson', chassis.database.columns.Json(astext_type=sa.Text()), nullable=False),
    sa.Column('imported_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('imported_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('orders',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.String(), nullable=False),
    sa.Column('cic_id', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('automatic', sa.Boolean(), nullable=False),
    sa.Column('distance_m', sa.Float(), nullable=True),
    sa.Column('created_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('received_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('en_route_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('on_scene_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_orders_incident_id'), 'orders', ['incident_id'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('exchange', sa.String(), nullable=False),
    sa.Column('routing_key', sa.String(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_outbox_created_at'), 'outbox', ['created_at'], unique=False)
    op.create_table('perpetrators',
    sa.Column('enrolment_id', sa.Uuid(), nullable=False),
    sa.Column('ref', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('enrolment_id', 'ref')
    )
    op.create_index(op.f('ix_perpetrators_ref'), 'perpetrators', ['ref'], unique=False)
    op.create_table('presses',
    sa.Column('alarm_id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.String(), nullable=False),
    sa.Column('counter', sa.Integer(), nullable=True),
    sa.Column('received_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('routed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('alarm_id')
    )
    op.create_index(op.f('ix_presses_incident_id'), 'presses', ['incident_id'], unique=False)
    op.create_table('units',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('callsign', sa.String(), nullable=False),
    sa.Column('zone_id', sa.String(), nullable=False),
    sa.Column('cic_id', sa.String(), nullable=False),
    sa.Column('lat', sa.Float(), nullable=True),
    sa.Column('lon', sa.Float(), nullable=True),
    sa.Column('available', sa.Boolean(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('changed_at', chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_units_changed_at'), 'units', ['changed_at'], unique=False)
    op.create_index(op.f('ix_units_cic_id'), 'units', ['cic_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_units_cic_id'), table_name='units')
    op.drop_index(op.f('ix_units_changed_at'), table_name='units')
    op.drop_table('units')
    op.drop_index(op.f('ix_presses_incident_id'), table_name='presses')
    op.drop_table('presses')
    op.drop_index(op.f('ix_perpetrators_ref'), table_name='perpetrators')
    op.drop_table('perpetrators')
    op.drop_index(op.f('ix_outbox_created_at'), table_name='outbox')
    op.drop_table('outbox')
    op.drop_index(op.f('ix_orders_incident_id'), table_name='orders')
    op.drop_table('orders')
    op.drop_table('maps')
    op.drop_index(op.f('ix_incidents_enrolment_id'), table_name='incidents')
    op.drop_index(op.f('ix_incidents_changed_at'), table_name='incidents')
    op.drop_index('incidents_open_by_room', table_name='incidents', postgresql_where=sa.text("state = 'open'"))
    op.drop_index('incidents_one_open', table_name='incidents', postgresql_where=sa.text("state = 'open'"))
    op.drop_table('incidents')
    op.drop_index(op.f('ix_inbox_handled_at'), table_name='inbox')
    op.drop_table('inbox')
    op.drop_table('enrolments')
    op.drop_index(op.f('ix_due_subject_id'), table_name='due')
    op.drop_index(op.f('ix_due_kind'), table_name='due')
    op.drop_index(op.f('ix_due_due_at'), table_name='due')
    op.drop_table('due')
    op.drop_index(op.f('ix_devices_enrolment_id'), table_name='devices')
    op.drop_table('devices')
    op.drop_table('control_rooms')
    op.drop_table('cards')
