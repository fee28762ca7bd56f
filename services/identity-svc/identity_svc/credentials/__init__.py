"""What the gateway asks: whose credential is this, and what may it do?"""
